import { decodeTail } from "../encoding/record.ts";
import { decodeCursor, encodeCursor } from "../listing/cursor.ts";
import { ALL_BY_ID } from "../listing/listing-order.ts";
import type { OperationContext } from "../runtime/operation-context.ts";
import { isYieldDue, yieldToEventLoop } from "../runtime/yield-to-event-loop.ts";
import type { ThreadDriver } from "../thread-driver.ts";
import type { DeleteExpiredResult } from "../thread-store.ts";
import { hasExpired } from "../validation/expiry.ts";
import { deleteRecord } from "./delete.ts";
import { readPage } from "./list-page.ts";

const PAGE_SIZE = 100;
/** The part of the timeout after which the call stops with a cursor, rather than fail and start over next time. */
const TIME_BUDGET = 0.5;

/** Returns the position of a cursor; `undefined` for the beginning. Throws `INVALID_ARGUMENT`. */
export function deleteExpiredPosition(
  { name: store }: ThreadDriver,
  namespace: string,
  cursor: unknown,
): string | undefined {
  if (cursor === undefined) return undefined;
  return decodeCursor(cursor, { store, namespace, ...ALL_BY_ID }, "deleteExpired");
}

/**
 * Deletes expired threads, each only at the version that has expired. A thread that was saved in the meantime has
 * another version and stays.
 */
export async function deleteExpiredThreads(
  context: OperationContext,
  start: string | undefined,
): Promise<DeleteExpiredResult> {
  const { namespace, driver, options, signal } = context;
  const stopAt = performance.now() + (context.deadline - performance.now()) * TIME_BUDGET;
  let deleted = 0;
  let after = start;
  do {
    const page = await readPage(context, { ...ALL_BY_ID, after, limit: PAGE_SIZE });
    for (const { id, version, tail, nonce } of page.records) {
      // A driver that responds synchronously would block timers, requests and the caller's signal until the end.
      if (isYieldDue()) await yieldToEventLoop();
      signal.throwIfAborted();
      const located = decodeTail({ namespace, id }, tail, nonce);
      if ("corruption" in located || !hasExpired(located.trailer.expiresAt, options.now())) continue;
      if (await deleteRecord(context, { namespace, id }, version)) deleted += 1;
    }
    after = page.next;
  } while (after !== undefined && performance.now() < stopAt);
  if (after === undefined) return { deleted };
  return { deleted, cursor: encodeCursor({ store: driver.name, namespace, ...ALL_BY_ID }, after) };
}
