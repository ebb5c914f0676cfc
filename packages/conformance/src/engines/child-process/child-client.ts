import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { type JsonValue, ThreadStoreError } from "@threadstore/core";
import type { Peer } from "../../suite/harness.ts";
import { afterEffectiveTime } from "../../utilities/effective-time.ts";
import type { Recorded, RecordedThread } from "../linearizability/recorder.ts";
import { forkPeer } from "./fork-child.ts";
import type { PeerAnswer, PeerRequest, PeerSaveOptions } from "./messages.ts";

/** A process gets so long to close its store and end. */
const ENDING_MS = 5_000;

/** A store in a process of its own, which the calls go to and come back from. */
export interface PeerClient extends Recorded {
  /** Rejects when the store could not be opened. */
  readonly opened: Promise<unknown>;
  /** Has the process close its store and end; rejects when it does not end, or not well. */
  readonly end: () => Promise<void>;
}

type Answered = PromiseWithResolvers<JsonValue | undefined>;

/** Starts a process with a store on the place. */
export function startPeer(description: Peer, place: string): PeerClient {
  const child = forkPeer(new URL("./child-main", import.meta.url), description, place);
  const calls = new PeerCalls(child);
  return {
    opened: calls.opened,
    save: async (id, thread, { previous, overwrite }) => {
      const options: PeerSaveOptions = {
        ...(typeof previous === "string" ? { previous } : {}),
        ...(overwrite === undefined ? {} : { overwrite }),
      };
      return (await calls.make({ method: "save", id, thread, options })) as unknown as RecordedThread;
    },
    load: async (id) =>
      ((await calls.make({ method: "load", id })) ?? undefined) as unknown as RecordedThread,
    delete: async (id, { previous }) => {
      const options = typeof previous === "string" ? { previous } : {};
      return (await calls.make({ method: "delete", id, options })) === true;
    },
    end: () => endOf(child),
  };
}

class PeerCalls {
  readonly #child: ChildProcess;
  readonly #open = new Map<number, Answered>();
  readonly opened: Promise<unknown>;
  #made = 0;

  constructor(child: ChildProcess) {
    this.#child = child;
    this.opened = this.#expect(0);
    child.on("message", (answer: PeerAnswer) => this.#settle(answer));
    child.once("error", (error) => this.#failAll(error));
    child.once("exit", (code, signal) => this.#failAll(new Error(`A process ended with ${code ?? signal}.`)));
  }

  make(call: PeerRequest["call"]): Promise<JsonValue | undefined> {
    this.#made += 1;
    const number = this.#made;
    const answered = this.#expect(number);
    const request: PeerRequest = { number, call };
    this.#child.send(request, (error) => {
      if (error !== null) this.#settle({ number, error: { message: error.message } });
    });
    return answered;
  }

  #expect(number: number): Promise<JsonValue | undefined> {
    const answered: Answered = Promise.withResolvers();
    this.#open.set(number, answered);
    return answered.promise;
  }

  #settle({ number, value, error }: PeerAnswer): void {
    const answered = this.#open.get(number);
    this.#open.delete(number);
    if (error === undefined) answered?.resolve(value);
    else
      answered?.reject(
        error.code === undefined ? new Error(error.message) : new ThreadStoreError(error.code, error.message),
      );
  }

  #failAll(error: Error): void {
    for (const answered of this.#open.values()) answered.reject(error);
    this.#open.clear();
  }
}

async function endOf(child: ChildProcess): Promise<void> {
  const { exitCode, signalCode } = child;
  if (exitCode === null && signalCode === null) {
    const exit = once(child, "exit");
    const cancel = afterEffectiveTime(ENDING_MS, () => child.kill("SIGKILL"));
    if (child.connected) child.disconnect();
    await exit;
    cancel();
  }
  if (child.exitCode === 0) return;
  throw new Error(
    `A process with a closed store ended with ${child.exitCode ?? child.signalCode}, not by itself.`,
  );
}
