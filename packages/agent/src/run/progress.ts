import type { ThreadSnapshot } from "../thread.ts";
import type { OnProgress } from "./run-options.ts";

/** Calls `onProgress` with snapshots, one at a time. */
export interface ProgressReporter {
  /**
   * Resolves when `onProgress` has processed the current state or a later one. Rejects if `onProgress` has ever
   * rejected.
   */
  report(): Promise<void>;
  /**
   * Ignores later reports and waits for earlier ones, whether they succeed or not: a tool result that was reported
   * before an abort is saved, so the tool does not run again.
   */
  stop(): Promise<void>;
}

export function createProgressReporter(
  onProgress: OnProgress | undefined,
  takeSnapshot: () => ThreadSnapshot,
): ProgressReporter {
  let isStopped = onProgress === undefined;
  let current = Promise.resolve();
  let next: Promise<void> | undefined;
  const reportAfter = async (previous: Promise<void>): Promise<void> => {
    await previous;
    next = undefined;
    await onProgress?.(takeSnapshot());
  };
  return {
    async report() {
      if (isStopped) return;
      const reporting = next ?? reportAfter(current);
      next = reporting;
      current = reporting;
      await reporting;
    },
    async stop() {
      isStopped = true;
      await Promise.allSettled([current]);
    },
  };
}
