/** Runs the task for every item, at most `width` of them at a time. */
export async function inParallel<T>(
  items: Iterable<T>,
  width: number,
  task: (item: T) => Promise<void>,
): Promise<void> {
  // The workers share one iterator, so each item goes to the next free worker.
  const queue = [...items].values();
  const workers = Array.from({ length: width }, async () => {
    for (const item of queue) await task(item);
  });
  await Promise.all(workers);
}

export function range(length: number): number[] {
  return Array.from({ length }, (_, index) => index);
}

/** Returns an item of a list that is not empty. Indexes beyond the end start again at the first item. */
export function itemAt<T>(items: readonly T[], index: number): T {
  const item = items[index % items.length];
  if (item === undefined) throw new RangeError("The list must not be empty.");
  return item;
}
