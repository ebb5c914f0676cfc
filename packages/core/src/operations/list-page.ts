import { decodeCursor, encodeCursor, invalidCursor } from "../encoding/cursor.ts";
import { decodeTail } from "../encoding/record.ts";
import { threadDetails } from "../encoding/snapshot.ts";
import { ThreadStoreError } from "../errors.ts";
import type { OperationContext } from "../runtime/operation-context.ts";
import { withRetries } from "../runtime/retry.ts";
import type { ListedRecord, PageRequest, RecordPage, ThreadDriver } from "../thread-driver.ts";
import type { ListOptions, ThreadPage, ThreadSummary } from "../thread-store.ts";
import { hasExpired } from "../validation/expiry.ts";
import { checkedLimit } from "../validation/limit.ts";
import { copyMetadata } from "../validation/metadata.ts";
import { checkedPrefix } from "../validation/names.ts";
import { checkedOrder, checkedWhere, matchesWhere } from "../validation/where.ts";

/** Expired threads do not count towards a page, so this limits the requests of a call. Then its page may be short. */
const MAX_DRIVER_PAGES = 10;

/** The validated options of a listing. */
export interface ListRequest {
  readonly page: PageRequest;
  readonly withMetadata: boolean;
}

export function listRequest(
  driver: ThreadDriver,
  namespace: string,
  { limit, cursor, metadata = false, ...options }: ListOptions,
): ListRequest {
  const listing = {
    order: checkedOrder(options.order),
    prefix: checkedPrefix(options.prefix),
    where: checkedWhere(options.where),
  };
  const after =
    cursor === undefined ? undefined : decodeCursor(cursor, { store: driver.name, namespace, ...listing });
  return { page: { after, limit: checkedLimit(limit), ...listing }, withMetadata: metadata };
}

/** Returns a page of live threads and corrupt records. */
export async function listPage(
  context: OperationContext,
  { page: request, withMetadata }: ListRequest,
): Promise<ThreadPage> {
  const { namespace, driver } = context;
  const now = context.options.now();
  const threads: ThreadSummary[] = [];
  let { after } = request;
  for (let pages = 0; pages < MAX_DRIVER_PAGES && threads.length < request.limit; pages += 1) {
    const page = await readPage(context, { ...request, after, limit: request.limit - threads.length });
    for (const listed of page.records) {
      const summary = summarize(namespace, listed, { page: request, withMetadata });
      if (summary !== undefined && !hasExpired(summary.expiresAt?.getTime(), now)) threads.push(summary);
    }
    if (page.next === undefined) return { threads, cursor: undefined };
    after = page.next;
  }
  const cursor =
    after === undefined ? undefined : encodeCursor({ store: driver.name, namespace, ...request }, after);
  return { threads, cursor };
}

/** Reads a page from the driver, including expired and corrupt records. */
export async function readPage(
  context: OperationContext,
  request: PageRequest,
  namespace: string = context.namespace,
): Promise<RecordPage> {
  const { driver, signal } = context;
  const page = await withRetries(context, () => driver.list(namespace, request, { signal })).catch(
    (error: unknown) => {
      throw ThreadStoreError.is(error, "INVALID_ARGUMENT") ? invalidCursor(error.cause) : error;
    },
  );
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
