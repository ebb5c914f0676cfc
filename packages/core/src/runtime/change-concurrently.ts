import { DRIVER_CONCURRENCY, mapConcurrently } from "./map-concurrently.ts";
import type { OperationContext } from "./operation-context.ts";
import { isYieldDue, yieldToEventLoop } from "./yield-to-event-loop.ts";

/**
 * Changes several records of a call at the same time, so that their requests share a round trip, a sync of the disk or a
 * transaction. Each change gets a context of its own, because the outcome of one must not hide that of another. After a
 * failure, no further changes start, and it is thrown once those in progress have settled.
 */
export async function changeConcurrently<Item>(
  context: OperationContext,
  items: readonly Item[],
  change: (context: OperationContext, item: Item) => Promise<void>,
): Promise<void> {
  const work = async (item: Item): Promise<void> => {
    // A driver that responds synchronously would block timers, requests and the caller's signal until the end.
    if (isYieldDue()) await yieldToEventLoop();
    context.signal.throwIfAborted();
    const own: OperationContext = { ...context, inDoubt: false, requests: 0 };
    context.inDoubt = true;
    try {
      await change(own, item);
    } finally {
      context.requests += own.requests;
    }
  };
  await mapConcurrently(items, work, DRIVER_CONCURRENCY);
  context.inDoubt = false;
}
