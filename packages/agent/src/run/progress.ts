import type { ThreadSnapshot } from "../thread/thread.ts";
import type { OnProgress } from "./run-options.ts";

/** Tells `onProgress` of snapshots, one at a time. */
export interface Progress {
  /**
   * Resolves when `onProgress` has been told of the state as it is now, or a later one. Rejects with what it
   * rejects with, then and ever after.
   */
  report(): Promise<void>;
  /**
   * Lets nothing more be reported, and resolves when what was reported before has been told, well or not: a tool
   * that had its result by then is not run again after an abort.
   */
  stop(): Promise<void>;
}

export function createProgress(
  onProgress: OnProgress | undefined,
  takeSnapshot: () => ThreadSnapshot,
): Progress {
  let isStopped = onProgress === undefined;
  let current = Promise.resolve();
  let next: Promise<void> | undefined;
  const tell = async (before: Promise<void>): Promise<void> => {
    await before;
    next = undefined;
    await onProgress?.(takeSnapshot());
  };
  return {
    async report() {
      if (isStopped) return;
      const telling = next ?? tell(current);
      next = telling;
      current = telling;
      await telling;
    },
    async stop() {
      isStopped = true;
      await Promise.allSettled([current]);
    },
  };
}
