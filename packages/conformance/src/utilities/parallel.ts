/** Runs the task for every item, `width` of them at a time. */
export async function inParallel<T>(
  items: Iterable<T>,
  width: number,
  task: (item: T) => Promise<void>,
): Promise<void> {
  const queue = [...items].values();
  // The workers share one iterator, so that each item goes to whoever is free first.
  const workers = Array.from({ length: width }, async () => {
    for (const item of queue) await task(item);
  });
  await Promise.all(workers);
}

export function range(length: number): number[] {
  return Array.from({ length }, (_, index) => index);
}
