import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { resetSocket } from "./reset-socket.ts";

/** Writes to a socket in the order of the calls, whatever each of them has to wait for. */
export interface OrderedWriter {
  write(bytes: Buffer): void;
  /** Writes so many bytes a second. */
  trickle(bytes: Buffer, bytesPerSecond: number): void;
  /** What comes later waits until `performance.now()` is so late. */
  waitUntil(time: number): void;
  /** What comes later waits until this is settled. */
  waitFor(promise: Promise<unknown>): void;
  /** Sends the end, as an orderly peer does. */
  end(): void;
  /** Resets the connection, after what was written so far is out. */
  reset(): void;
}

const trickleInterval = 20;

export function createOrderedWriter(socket: Socket): OrderedWriter {
  let tail: Promise<unknown> = Promise.resolve();
  const inTurn = (action: () => unknown) => {
    tail = tail.then(action);
  };
  return {
    write: (bytes) => inTurn(() => writeOut(socket, bytes)),
    trickle: (bytes, bytesPerSecond) => inTurn(() => trickleOut(socket, bytes, bytesPerSecond)),
    waitUntil: (time) =>
      inTurn(() => sleep(Math.max(0, time - performance.now()), undefined, { ref: false })),
    waitFor: (promise) => inTurn(() => promise),
    end: () => inTurn(() => void socket.end()),
    reset: () => inTurn(() => resetSocket(socket)),
  };
}

/** Resolves when the system has the bytes, or the socket is gone: nobody is left then to be told. */
function writeOut(socket: Socket, bytes: Buffer): Promise<void> {
  return new Promise((resolve) => {
    socket.write(bytes, () => resolve());
  });
}

async function trickleOut(socket: Socket, bytes: Buffer, bytesPerSecond: number): Promise<void> {
  const step = Math.max(1, Math.round((bytesPerSecond * trickleInterval) / 1000));
  const pause = (step / bytesPerSecond) * 1000;
  for (let start = 0; start < bytes.length && !socket.destroyed; start += step) {
    await writeOut(socket, bytes.subarray(start, start + step));
    await sleep(pause, undefined, { ref: false });
  }
}
