import { setTimeout } from "node:timers/promises";

/**
 * Returns a function that is told how many more things are done, and waits until all of them since this call took as long
 * as the rate allows. Without a rate, it does not wait.
 */
export function paceOf(perSecond: number | undefined, signal: AbortSignal): (more: number) => Promise<void> {
  const startedAt = performance.now();
  let done = 0;
  return async (more) => {
    if (perSecond === undefined) return;
    done += more;
    const waitMs = (done / perSecond) * 1000 - (performance.now() - startedAt);
    if (waitMs > 0) await setTimeout(waitMs, undefined, { signal });
  };
}
