import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { resetSocket } from "./reset-socket.ts";

/** Writes to a socket in the order of the calls, even if some of them have to wait. */
export interface OrderedWriter {
  write(bytes: Buffer): void;
  /** Writes at this rate. */
  trickle(bytes: Buffer, bytesPerSecond: number): void;
  /** Delays later calls until `performance.now()` reaches this time. */
  waitUntil(time: number): void;
  /** Delays later calls until the promise resolves. */
  waitFor(promise: Promise<unknown>): void;
  /** Shuts down the connection in an orderly way. */
  end(): void;
  /** Resets the connection after everything written so far has been sent. */
  reset(): void;
}

/** Milliseconds between two writes of a trickle. */
const TRICKLE_INTERVAL_MS = 20;

export function createOrderedWriter(socket: Socket): OrderedWriter {
  let tail: Promise<unknown> = Promise.resolve();
  const enqueue = (action: () => unknown) => {
    tail = tail.then(action);
  };
  return {
    write: (bytes) => enqueue(() => writeOut(socket, bytes)),
    trickle: (bytes, bytesPerSecond) => enqueue(() => trickleOut(socket, bytes, bytesPerSecond)),
    waitUntil: (time) =>
      enqueue(() => sleep(Math.max(0, time - performance.now()), undefined, { ref: false })),
    waitFor: (promise) => enqueue(() => promise),
    end: () => enqueue(() => void socket.end()),
    reset: () => enqueue(() => resetSocket(socket)),
  };
}

/** Resolves when the operating system has the bytes, or when the socket is closed and they are no longer needed. */
function writeOut(socket: Socket, bytes: Buffer): Promise<void> {
  return new Promise((resolve) => {
    socket.write(bytes, () => resolve());
  });
}

async function trickleOut(socket: Socket, bytes: Buffer, bytesPerSecond: number): Promise<void> {
  const step = Math.max(1, Math.round((bytesPerSecond * TRICKLE_INTERVAL_MS) / 1000));
  const pause = (step / bytesPerSecond) * 1000;
  for (let start = 0; start < bytes.length && !socket.destroyed; start += step) {
    await writeOut(socket, bytes.subarray(start, start + step));
    await sleep(pause, undefined, { ref: false });
  }
}
