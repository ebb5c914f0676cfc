import { ThreadStoreError } from "@threadstore/core";
import { waitAfterConflict } from "@threadstore/core/documents";

const CONCURRENCY = 16;

/** Maps items with up to 16 calls of `work` at a time. After a failure, no further calls start. */
export async function mapConcurrently<Item, Result>(
  items: Iterable<Item>,
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const queue = [...[...items].entries()].toReversed();
  const worker = async (): Promise<void> => {
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
      const [index, item] = next;
      results[index] = await work(item);
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.min(CONCURRENCY, queue.length) }, worker));
  } finally {
    queue.length = 0;
  }
  return results;
}

/** How often a change starts over if other processes change the thread first. */
const MAX_ATTEMPTS = 50;

/**
 * Calls `attempt` until it resolves with a result, and again after each `CONFLICT`, or `undefined`, which mean that
 * another process has changed the thread first. Rejects with the last `CONFLICT` after 50 attempts.
 */
export async function untilUncontended<Result>(attempt: () => Promise<Result | undefined>): Promise<Result> {
  for (let count = 1; ; count += 1) {
    try {
      const result = await attempt();
      if (result !== undefined) return result;
      if (count >= MAX_ATTEMPTS) throw new ThreadStoreError("CONFLICT", ALWAYS_CHANGED);
    } catch (error) {
      if (!ThreadStoreError.is(error, "CONFLICT") || count >= MAX_ATTEMPTS) throw error;
    }
    await waitAfterConflict(count);
  }
}

const ALWAYS_CHANGED = "Other processes changed the thread each time. Repeat the call later.";

/** Resolves with `undefined` if `change` rejects with `CONFLICT`. */
export async function unlessConflict<Result>(change: Promise<Result>): Promise<Result | undefined> {
  try {
    return await change;
  } catch (error) {
    if (ThreadStoreError.is(error, "CONFLICT")) return undefined;
    throw error;
  }
}
