import { setImmediate as nextTurn } from "node:timers/promises";

/** How long calls may follow one another without the event loop's other work. */
const SLICE_MS = 10;

let lastTurn = performance.now();

/**
 * The call, and at its end a turn of the event loop when there was none for long. A driver that answers at once never
 * leaves the turn that its caller is in, and a loop of such calls would keep timers, sockets and other requests waiting
 * until it ends.
 */
export async function beforeATurn<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } finally {
    if (performance.now() - lastTurn >= SLICE_MS) {
      await nextTurn();
      lastTurn = performance.now();
    }
  }
}
