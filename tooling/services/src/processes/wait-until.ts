import { setTimeout as sleep } from "node:timers/promises";

/** Asks until the answer is yes; rejects after `seconds`, naming what was waited for. */
export async function waitUntil(
  what: string,
  isReached: () => Promise<boolean>,
  { seconds = 30, signal }: { seconds?: number; signal?: AbortSignal } = {},
): Promise<void> {
  const deadline = performance.now() + seconds * 1000;
  while (!(await isReached())) {
    signal?.throwIfAborted();
    if (performance.now() > deadline) throw new Error(`Waited ${seconds} s in vain for ${what}.`);
    await sleep(10, undefined, { signal });
  }
}
