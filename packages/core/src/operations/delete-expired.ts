import { decodeTail } from "../encoding/record.ts";
import { decodeCursor, encodeCursor } from "../listing/cursor.ts";
import { ALL_BY_ID } from "../listing/listing-order.ts";
import { changeConcurrently } from "../runtime/change-concurrently.ts";
import type { OperationContext } from "../runtime/operation-context.ts";
import type { ThreadDriver } from "../thread-driver.ts";
import type { CallOptions, DeleteExpiredOptions, DeleteExpiredResult } from "../thread-store.ts";
import { hasExpired } from "../validation/expiry.ts";
import { checkBooleans } from "../validation/job-options.ts";
import { deleteRecord } from "./delete.ts";
import { readPage } from "./list-page.ts";

const PAGE_SIZE = 100;
/** The part of the timeout after which the call stops with a cursor, rather than fail and start over next time. */
const TIME_BUDGET = 0.5;

/** The validated options of a call. */
export interface DeleteExpiredRequest {
  /** The position to start after; `undefined` for the beginning. */
  readonly start: string | undefined;
  readonly dryRun: boolean;
}

/** Throws `INVALID_ARGUMENT` unless the options are valid. */
export function deleteExpiredRequest(
  { name: store }: ThreadDriver,
  namespace: string,
  { cursor, dryRun = false }: Omit<DeleteExpiredOptions, keyof CallOptions>,
): DeleteExpiredRequest {
  checkBooleans({ dryRun });
  const owner = { store, namespace, ...ALL_BY_ID };
  return { start: cursor === undefined ? undefined : decodeCursor(cursor, owner, "deleteExpired"), dryRun };
}

/**
 * Deletes expired threads, each only at the version that has expired. A thread that was saved in the meantime has
 * another version and stays. In a dry run, only counts them.
 */
export async function deleteExpiredThreads(
  context: OperationContext,
  { start, dryRun }: DeleteExpiredRequest,
): Promise<DeleteExpiredResult> {
  const { namespace, driver, options } = context;
  const stopAt = performance.now() + (context.deadline - performance.now()) * TIME_BUDGET;
  let deleted = 0;
  let after = start;
  const listing = {};
  do {
    const page = await readPage(context, { ...ALL_BY_ID, listing, after, limit: PAGE_SIZE });
    const expired = page.records.filter(({ id, tail, nonce }) => {
      const located = decodeTail({ namespace, id }, tail, nonce);
      return !("corruption" in located) && hasExpired(located.trailer.expiresAt, options.now());
    });
    if (dryRun) deleted += expired.length;
    else {
      await changeConcurrently(context, expired, async (own, { id, version }) => {
        if (await deleteRecord(own, { namespace, id }, version)) deleted += 1;
      });
    }
    after = page.next;
  } while (after !== undefined && performance.now() < stopAt);
  if (after === undefined) return { deleted };
  return { deleted, cursor: encodeCursor({ store: driver.name, namespace, ...ALL_BY_ID }, after) };
}
