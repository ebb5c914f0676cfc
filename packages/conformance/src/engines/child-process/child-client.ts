import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import {
  type AppendOptions,
  type AppendResult,
  type JsonValue,
  type SaveOptions,
  ThreadStoreError,
} from "@threadstore/core";
import { deferred } from "@threadstore/core/driver";
import type { ChildProcessHarness } from "../../suite/harness.ts";
import { afterEffectiveTime } from "../../utilities/effective-time.ts";
import type { RecordedThread } from "../linearizability/recorded-thread.ts";
import type { RecordableStore, Versioned } from "../linearizability/recorder.ts";
import { endingOf, type ForkedChild, forkChild } from "./fork-child.ts";
import type { ChildOptions, ChildRequest, ChildResponse } from "./messages.ts";

/** How long a child process may take to close its store and exit. */
const EXIT_LIMIT_MS = 5_000;

/** A store in a child process. Calls are sent to the process, and their results are sent back. */
export interface ChildClient extends RecordableStore {
  readonly append: (
    id: string,
    elements: readonly unknown[],
    options: AppendOptions,
  ) => Promise<Versioned & Pick<AppendResult, "appended">>;
  /** Resolves when the store is open. Rejects if it could not be opened. */
  readonly opened: Promise<unknown>;
  /** Makes the process close its store and exit. Rejects if it does not exit in time or exits with an error. */
  readonly end: () => Promise<void>;
  /** Kills the process with SIGKILL. Resolves when it has ended. `end` then has nothing left to do. */
  readonly kill: () => Promise<void>;
}

type PendingCall = PromiseWithResolvers<JsonValue | undefined>;

/** Starts a child process that opens a store at the location. */
export function startChild(description: ChildProcessHarness, location: string): ChildClient {
  const { child, lastError } = forkChild(new URL("./child-main", import.meta.url), description, location);
  const calls = new ChildCalls(child, lastError);
  return {
    opened: calls.opened,
    save: (id, thread, options) =>
      calls.request<Versioned>({ method: "save", id, thread, options: childOptions(options) }),
    append: (id, elements, options) =>
      calls.request<AppendResult>({ method: "append", id, elements, options: childOptions(options) }),
    touch: async (id, options) =>
      (await calls.request<Versioned | null>({ method: "touch", id, options: childOptions(options) })) ??
      undefined,
    async update(id, change, options) {
      const call = { method: "update", id, thread: change(undefined), options } as const;
      const updated = await calls.request<(Versioned & { previous: string | null }) | null>(call);
      // The process cannot call back, but reports which version it replaced.
      if (updated?.previous !== undefined && updated.previous !== null) change({ version: updated.previous });
      return updated ?? undefined;
    },
    load: async (id) => (await calls.request<RecordedThread | null>({ method: "load", id })) ?? undefined,
    delete: (id, options) => calls.request<boolean>({ method: "delete", id, options: childOptions(options) }),
    end: () => endProcess(child),
    kill: () => killProcess(child),
  };
}

/** Returns the options that a process can receive. */
function childOptions({
  previous,
  overwrite,
  metadata,
  key,
  create,
}: SaveOptions & Pick<AppendOptions, "key" | "create">): ChildOptions {
  return {
    ...(typeof previous === "string" ? { previous } : {}),
    ...(overwrite === undefined ? {} : { overwrite }),
    ...(metadata === undefined ? {} : { metadata }),
    ...(key === undefined ? {} : { key }),
    ...(typeof create === "object" ? { create } : {}),
  };
}

class ChildCalls {
  readonly #child: ChildProcess;
  readonly #pending = new Map<number, PendingCall>();
  readonly opened: Promise<unknown>;
  #lastNumber = 0;

  constructor(child: ChildProcess, lastError: ForkedChild["lastError"]) {
    this.#child = child;
    this.opened = this.#expect(0);
    child.on("message", (response: ChildResponse) => this.#complete(response));
    child.once("error", (error) => this.#rejectAll(error));
    // Its output is complete when the streams are closed.
    child.once("close", (code, signal) =>
      this.#rejectAll(new Error(endingOf(`The child process ended with ${code ?? signal}`, lastError()))),
    );
  }

  /** Makes a call in the process. Its type is that of the values that the process returns for the method. */
  async request<Result>(call: ChildRequest["call"]): Promise<Result> {
    return (await this.#send(call)) as Result;
  }

  #send(call: ChildRequest["call"]): Promise<JsonValue | undefined> {
    this.#lastNumber += 1;
    const number = this.#lastNumber;
    const response = this.#expect(number);
    const request: ChildRequest = { number, call };
    this.#child.send(request, (error) => {
      if (error !== null) this.#complete({ number, error: { message: error.message } });
    });
    return response;
  }

  #expect(number: number): Promise<JsonValue | undefined> {
    const pending: PendingCall = deferred();
    this.#pending.set(number, pending);
    return pending.promise;
  }

  #complete({ number, value, error }: ChildResponse): void {
    const pending = this.#pending.get(number);
    this.#pending.delete(number);
    if (error === undefined) pending?.resolve(value);
    else
      pending?.reject(
        error.code === undefined ? new Error(error.message) : new ThreadStoreError(error.code, error.message),
      );
  }

  #rejectAll(error: Error): void {
    for (const pending of this.#pending.values()) pending.reject(error);
    this.#pending.clear();
  }
}

async function killProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, "exit");
  child.kill("SIGKILL");
  await exit;
}

async function endProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    const exit = once(child, "exit");
    const cancel = afterEffectiveTime(EXIT_LIMIT_MS, () => child.kill("SIGKILL"));
    if (child.connected) child.disconnect();
    await exit;
    cancel();
    if (child.exitCode === 0) return;
  } else if (child.exitCode === 0 || child.killed) return;
  throw new Error(
    `The child process closed its store, but then ended with ${child.exitCode ?? child.signalCode}.`,
  );
}
