const MAX_CONCURRENCY = 8;

/**
 * Runs `work` for all items, a few at a time. After a failure no more items are started, and it is thrown once those
 * in progress have settled.
 */
export async function inParallel<T>(items: Iterable<T>, work: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items].values();
  let hasFailed = false;
  const worker = async (): Promise<void> => {
    for (const item of queue) {
      if (hasFailed) return;
      try {
        await work(item);
      } catch (error) {
        hasFailed = true;
        throw error;
      }
    }
  };
  const results = await Promise.allSettled(Array.from({ length: MAX_CONCURRENCY }, worker));
  for (const result of results) if (result.status === "rejected") throw result.reason;
}
