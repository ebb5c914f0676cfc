import { decodeTail } from "../encoding/record.ts";
import { threadDetails } from "../encoding/snapshot.ts";
import { ThreadStoreError } from "../errors.ts";
import { decodeCursor, encodeCursor, invalidCursor } from "../listing/cursor.ts";
import { LISTING, type ListingOption } from "../listing/listing-option.ts";
import type { OperationContext } from "../runtime/operation-context.ts";
import { withRetries } from "../runtime/retry.ts";
import type { ListedRecord, PageRequest, RecordPage, ThreadDriver } from "../thread-driver.ts";
import type { ListOptions, ThreadPage, ThreadSummary } from "../thread-store.ts";
import { hasExpired } from "../validation/expiry.ts";
import { MAX_LIMIT } from "../validation/limit.ts";
import { checkedListOptions } from "../validation/list-options.ts";
import { copyMetadata } from "../validation/metadata.ts";
import { matchesWhere } from "../validation/where.ts";

/**
 * Expired threads and those that do not match do not count towards a page, so this limits the records that a call reads.
 * Then its page may be short.
 */
const RECORDS_PER_THREAD = 10;

/** The validated options of a listing. */
export interface ListRequest {
  readonly page: PageRequest;
  readonly withMetadata: boolean;
}

export function listRequest(
  driver: ThreadDriver,
  namespace: string,
  { cursor, [LISTING]: listing = {}, ...options }: ListOptions & ListingOption,
): ListRequest {
  const { metadata, ...page } = checkedListOptions(options);
  const after =
    cursor === undefined ? undefined : decodeCursor(cursor, { store: driver.name, namespace, ...page });
  return { page: { listing, after, ...page }, withMetadata: metadata };
}

/** Returns a page of live threads and corrupt records. */
export async function listPage(context: OperationContext, request: ListRequest): Promise<ThreadPage> {
  const { namespace, driver } = context;
  const { limit } = request.page;
  const recordsMax = limit * RECORDS_PER_THREAD;
  const threads: ThreadSummary[] = [];
  let { after } = request.page;
  let asked = 0;
  let isSparse = false;
  while (asked < recordsMax && threads.length < limit) {
    const missing = limit - threads.length;
    const count: number = isSparse ? Math.min(recordsMax - asked, MAX_LIMIT) : missing;
    const { matching, next }: MatchingRecords = await readMatching(context, request, {
      after,
      count,
      missing,
    });
    threads.push(...matching);
    if (next === undefined) return { threads, cursor: undefined };
    after = next;
    asked += count;
    isSparse = matching.length * 2 < count;
  }
  const cursor =
    after === undefined ? undefined : encodeCursor({ store: driver.name, namespace, ...request.page }, after);
  return { threads, cursor };
}

interface MatchingRecords {
  readonly matching: readonly ThreadSummary[];
  readonly next: string | undefined;
}

/**
 * Reads `count` records, and selects those that match. If more than `missing` do, reads only as many records as are
 * needed: the driver knows the position after the last one of a page, and of no other.
 */
async function readMatching(
  context: OperationContext,
  request: ListRequest,
  { after, count, missing }: { after: string | undefined; count: number; missing: number },
): Promise<MatchingRecords> {
  const now = context.options.now();
  for (let limit = count; ;) {
    const page = await readPage(context, { ...request.page, after, limit });
    const summaries = page.records.map((listed) => summarize(context.namespace, listed, request));
    const positions: number[] = [];
    const matching = summaries.filter((summary, position): summary is ThreadSummary => {
      const isLive = summary !== undefined && !hasExpired(summary.expiresAt?.getTime(), now);
      if (isLive) positions.push(position);
      return isLive;
    });
    const needed = (positions[missing - 1] ?? 0) + 1;
    if (matching.length <= missing || needed >= limit) return { matching, next: page.next };
    limit = needed;
  }
}

/** Reads a page from the driver, including expired and corrupt records. */
export async function readPage(
  context: OperationContext,
  request: PageRequest,
  namespace: string = context.namespace,
): Promise<RecordPage> {
  const { driver, operation, signal } = context;
  let page: RecordPage;
  try {
    page = await withRetries(context, () => driver.list(namespace, request, { signal }));
  } catch (error) {
    throw ThreadStoreError.is(error, "INVALID_ARGUMENT") ? invalidCursor(operation, error.cause) : error;
  }
  if (page.next === undefined || page.next !== request.after) return page;
  throw new ThreadStoreError(
    "BACKEND_ERROR",
    `The ${driver.name} driver returned a page that does not advance. Test the driver with @threadstore/conformance.`,
  );
}

/** Returns the summary of a record; `undefined` if it does not match the request, as drivers may return. */
function summarize(
  namespace: string,
  { id, version, tail, nonce }: ListedRecord,
  { page: { prefix, where }, withMetadata }: ListRequest,
): ThreadSummary | undefined {
  if (!id.startsWith(prefix)) return undefined;
  const located = decodeTail({ namespace, id }, tail, nonce);
  if ("corruption" in located) {
    return Object.keys(where).length === 0 ? { corrupt: true, id, version } : undefined;
  }
  const { trailer } = located;
  if (!matchesWhere(trailer.metadata, where)) return undefined;
  return {
    corrupt: false,
    ...threadDetails(id, version, trailer),
    ...(withMetadata ? { metadata: copyMetadata(trailer.metadata) } : {}),
  };
}
