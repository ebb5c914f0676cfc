import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import type { Peer } from "../../suite/harness.ts";
import { forkPeer } from "../child-process/fork-child.ts";
import type { Job, WriterMessage, WriterOrders } from "./messages.ts";

/** A process that writes to a place, to be killed. */
export interface Writer {
  /** Has it begin. It is not to be awaited before: it starts meanwhile. */
  readonly begin: (orders: WriterOrders, hear: (message: WriterMessage) => void) => Promise<void>;
  /** Sends a signal, and resolves to how it ended once all that it said was heard. */
  readonly end: (signal: "SIGKILL" | "SIGTERM") => Promise<string>;
  /** Resolves to how it ended, by itself, once all that it said was heard. */
  readonly ended: Promise<string>;
}

export function startWriter(peer: Peer, place: string, job: Job): Writer {
  const main = new URL("./writer-main", import.meta.url);
  const child = forkPeer(main, peer, place, [JSON.stringify(job)]);
  const unheard: WriterMessage[] = [];
  let hear = (message: WriterMessage): void => void unheard.push(message);
  const { promise: ready, resolve, reject } = Promise.withResolvers<void>();
  child.on("message", (message: WriterMessage) => {
    if (message.type === "ready") resolve();
    else hear(message);
  });
  const ended = endOf(child);
  ended.then((how) => reject(new Error(`A process that was to write ended with ${how}.`)), reject);
  // Who never has it begin need not know that it ended.
  ready.catch(() => undefined);
  return {
    async begin(orders, hearFromNowOn) {
      await ready;
      hear = hearFromNowOn;
      for (const message of unheard) hear(message);
      // That it has gone meanwhile is told by its end.
      child.send(orders, () => undefined);
    },
    async end(signal) {
      child.kill(signal);
      return ended;
    },
    ended,
  };
}

/** What was sent before a kill is still to be read after it. */
async function endOf(child: ChildProcess): Promise<string> {
  const [[code, signal]] = (await Promise.all([once(child, "exit"), once(child, "disconnect")])) as [
    [number | null, NodeJS.Signals | null],
    unknown,
  ];
  return signal ?? `exit code ${code}`;
}
