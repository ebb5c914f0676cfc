import { setImmediate as nextTurn } from "node:timers/promises";

/** How long calls may follow one another without the event loop's other work. */
const SLICE_MS = 10;

let lastTurn = performance.now();

/**
 * To be called at the end of each call. A driver that answers at once never leaves the turn of the event loop that its
 * caller is in, and a loop of such calls would keep timers, sockets and other requests waiting until it ends.
 */
export async function letOthersRun(): Promise<void> {
  if (performance.now() - lastTurn < SLICE_MS) return;
  await nextTurn();
  lastTurn = performance.now();
}
