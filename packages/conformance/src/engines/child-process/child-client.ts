import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { type JsonValue, ThreadStoreError } from "@threadstore/core";
import { deferred } from "@threadstore/core/driver";
import type { ChildProcessHarness } from "../../suite/harness.ts";
import { afterEffectiveTime } from "../../utilities/effective-time.ts";
import type { RecordableStore, RecordedThread } from "../linearizability/recorder.ts";
import { endingOf, type ForkedChild, forkChild } from "./fork-child.ts";
import type { ChildRequest, ChildResponse, ChildSaveOptions } from "./messages.ts";

/** How long a child process may take to close its store and exit. */
const EXIT_LIMIT_MS = 5_000;

/** A store in a child process. Calls are sent to the process, and their results are sent back. */
export interface ChildClient extends RecordableStore {
  /** Resolves when the store is open. Rejects if it could not be opened. */
  readonly opened: Promise<unknown>;
  /** Makes the process close its store and exit. Rejects if it does not exit in time or exits with an error. */
  readonly end: () => Promise<void>;
}

type PendingCall = PromiseWithResolvers<JsonValue | undefined>;

/** Starts a child process that opens a store at the location. */
export function startChild(description: ChildProcessHarness, location: string): ChildClient {
  const { child, lastError } = forkChild(new URL("./child-main", import.meta.url), description, location);
  const calls = new ChildCalls(child, lastError);
  return {
    opened: calls.opened,
    save: async (id, thread, { previous, overwrite }) => {
      const options: ChildSaveOptions = {
        ...(typeof previous === "string" ? { previous } : {}),
        ...(overwrite === undefined ? {} : { overwrite }),
      };
      return (await calls.send({ method: "save", id, thread, options })) as unknown as RecordedThread;
    },
    load: async (id) =>
      ((await calls.send({ method: "load", id })) ?? undefined) as unknown as RecordedThread,
    delete: async (id, { previous }) => {
      const options = typeof previous === "string" ? { previous } : {};
      return (await calls.send({ method: "delete", id, options })) === true;
    },
    end: () => endProcess(child),
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

  send(call: ChildRequest["call"]): Promise<JsonValue | undefined> {
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

async function endProcess(child: ChildProcess): Promise<void> {
  const { exitCode, signalCode } = child;
  if (exitCode === null && signalCode === null) {
    const exit = once(child, "exit");
    const cancel = afterEffectiveTime(EXIT_LIMIT_MS, () => child.kill("SIGKILL"));
    if (child.connected) child.disconnect();
    await exit;
    cancel();
  }
  if (child.exitCode === 0) return;
  throw new Error(
    `The child process closed its store, but then ended with ${child.exitCode ?? child.signalCode}.`,
  );
}
