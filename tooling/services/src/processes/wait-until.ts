import { setTimeout as sleep } from "node:timers/promises";

const POLL_INTERVAL_MS = 10;

/** Catches hangs only: on a busy, slow machine some servers take more than a minute to start. */
const PATIENCE_SECONDS = 300;

/** Resolves once the condition holds. Rejects after `seconds` with a message that names the condition. */
export async function waitUntil(
  condition: string,
  holds: () => Promise<boolean>,
  { seconds = PATIENCE_SECONDS, signal }: { seconds?: number; signal?: AbortSignal } = {},
): Promise<void> {
  const deadline = performance.now() + seconds * 1000;
  while (!(await holds())) {
    signal?.throwIfAborted();
    if (performance.now() > deadline)
      throw new Error(`Gave up after ${seconds} s of waiting for ${condition}.`);
    await sleep(POLL_INTERVAL_MS, undefined, { signal });
  }
}
