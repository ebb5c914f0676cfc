import type { OpenFile } from "./system-calls.ts";

/** A sync that takes less may be waited for in place: other requests have to wait for more than that every day. */
const SHORT_MS = 1;

/**
 * Brings files to one disk, in place as long as that disk answers at once. Waiting for it in another thread takes a
 * fast one twice as long; a slow one must not stop everybody else for more than the one time that shows it.
 */
export function syncer(
  now: () => number = () => performance.now(),
): (file: OpenFile, what: "all" | "data") => Promise<void> {
  let lastTookMs = Number.POSITIVE_INFINITY;
  return async (file, what) => {
    const started = now();
    try {
      await file.sync(what, lastTookMs < SHORT_MS);
    } finally {
      lastTookMs = now() - started;
    }
  };
}
