import type { MaybePromise } from "@threadstore/core/driver";
import { settling } from "./steps.ts";
import type { OpenFile, SyncScope } from "./synchronous-io.ts";

/** A sync that takes less than this may block the event loop, like any other short piece of work. */
const SHORT_SYNC_MS = 1;

/**
 * Returns a function that syncs files of one disk. It blocks the event loop as long as the disk is fast, because
 * waiting in another thread doubles the time of a fast sync. Once a sync was slow, the next one runs in another
 * thread, so that a slow disk blocks other requests only once.
 */
export function createAdaptiveSync(
  now: () => number = () => performance.now(),
): (file: OpenFile, scope: SyncScope) => MaybePromise<void> {
  let lastDurationMs = Number.POSITIVE_INFINITY;
  return (file, scope) => {
    const startedAt = now();
    return settling(
      () => file.sync(scope, lastDurationMs < SHORT_SYNC_MS),
      () => {
        lastDurationMs = now() - startedAt;
      },
    );
  };
}
