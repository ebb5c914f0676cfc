const CONCURRENCY = 8;
/** How many requests a driver sends at a time, for example to read the records of a listing. */
export const DRIVER_CONCURRENCY = 16;

/**
 * Maps items with up to `concurrency` calls of `work` at a time, 8 by default. After a failure, no further calls start,
 * and it is thrown once those in progress have settled.
 */
export async function mapConcurrently<Item, Result>(
  items: Iterable<Item>,
  work: (item: Item) => Promise<Result>,
  concurrency: number = CONCURRENCY,
): Promise<Result[]> {
  const results: Result[] = [];
  const queue = [...items].entries();
  let hasFailed = false;
  const worker = async (): Promise<void> => {
    for (const [index, item] of queue) {
      if (hasFailed) return;
      try {
        results[index] = await work(item);
      } catch (error) {
        hasFailed = true;
        throw error;
      }
    }
  };
  const workers = await Promise.allSettled(Array.from({ length: concurrency }, worker));
  for (const settled of workers) if (settled.status === "rejected") throw settled.reason;
  return results;
}
