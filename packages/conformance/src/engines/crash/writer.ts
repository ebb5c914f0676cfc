import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { setTimeout as wait } from "node:timers/promises";
import { deferred } from "@threadstore/core/driver";
import type { ChildProcessHarness } from "../../suite/harness.ts";
import { type ForkedChild, forkChild } from "../child-process/fork-child.ts";
import type { Job, StartMessage, WriterMessage } from "./messages.ts";

/** A child process that writes to a location and is meant to be killed. */
export interface Writer {
  /** Makes the process start its job as soon as it is ready. */
  readonly begin: (message: StartMessage, onMessage: (message: WriterMessage) => void) => Promise<void>;
  /** Sends a signal. Resolves with how the process ended, once all of its messages have been received. */
  readonly end: (signal: "SIGKILL" | "SIGTERM") => Promise<string>;
  /** Resolves with how the process ended, once all of its messages have been received. */
  readonly ended: Promise<string>;
}

export function startWriter(description: ChildProcessHarness, location: string, job: Job): Writer {
  const main = new URL("./writer-main", import.meta.url);
  const { child, lastError } = forkChild(main, description, location, [JSON.stringify(job)]);
  const queue: WriterMessage[] = [];
  let receive = (message: WriterMessage): void => void queue.push(message);
  const { promise: ready, resolve, reject } = deferred<void>();
  child.on("message", (message: WriterMessage) => {
    if (message.type === "ready") resolve();
    else receive(message);
  });
  const ended = endOf(child, lastError);
  ended.then((how) => reject(new Error(`The writer process ended with ${how} before it started.`)), reject);
  // A writer that never gets to start may end without an unhandled rejection.
  ready.catch(() => undefined);
  return {
    async begin(message, onMessage) {
      await ready;
      receive = onMessage;
      for (const queued of queue) receive(queued);
      // If the process has ended in the meantime, `ended` reports it.
      child.send(message, () => undefined);
    },
    async end(signal) {
      child.kill(signal);
      return ended;
    },
    ended,
  };
}

/** Waits for the channel to close as well: messages sent before a kill can still be read after it. */
async function endOf(child: ChildProcess, lastError: ForkedChild["lastError"]): Promise<string> {
  const [[code, signal]] = (await Promise.all([once(child, "exit"), once(child, "disconnect")])) as [
    [number | null, NodeJS.Signals | null],
    unknown,
  ];
  if (signal !== null) return signal;
  // The rest of its output may arrive after its end, unless another process holds the stream open.
  if (code !== 0) await Promise.race([once(child, "close"), wait(1000, undefined, { ref: false })]);
  const error = code === 0 ? undefined : lastError();
  return error === undefined ? `exit code ${code}` : `exit code ${code}: ${error}`;
}
