import type { Staging } from "./staging.ts";

/** How often a connection looks for saves that ended without a commit. */
const INTERVAL_MS = 60_000;

/** Returns a function that sometimes removes what a killed process has staged. It returns whether it removed something. */
export function createCleanUp(staging: Staging): () => boolean {
  let next = staging.isUsed() ? 0 : performance.now() + INTERVAL_MS;
  return () => {
    const now = performance.now();
    if (now < next) return false;
    next = now + INTERVAL_MS;
    try {
      if (!staging.dropAbandoned()) return false;
    } catch {
      // The change that was made must not fail for another one.
      return false;
    }
    // One save at a time, because each takes some milliseconds.
    next = now;
    return true;
  };
}
