export interface RunningWork {
  readonly run: <Result>(signal: AbortSignal, work: () => Promise<Result>) => Promise<Result>;
  /** Resolves when all that runs now has ended, well or not. */
  readonly settled: () => Promise<void>;
}

/**
 * Keeps count of what runs. The caller of an aborted call is long gone while its last step ends, and until then
 * files are open, or still appear in a folder that somebody may want to remove once the store is closed.
 */
export function runningWork(): RunningWork {
  const running = new Set<Promise<unknown>>();
  return {
    async run(signal, work) {
      signal.throwIfAborted();
      const result = work();
      running.add(result);
      try {
        return await result;
      } finally {
        running.delete(result);
      }
    },
    async settled() {
      await Promise.allSettled(running);
    },
  };
}
