import { decodeCursor, encodeCursor } from "../encoding/cursor.ts";
import { decodeTail } from "../encoding/record.ts";
import { threadDetails } from "../encoding/snapshot.ts";
import { ThreadStoreError } from "../errors.ts";
import type { Call } from "../runtime/operation-context.ts";
import { attempt } from "../runtime/retry.ts";
import type { ListedRecord, RecordPage, ThreadDriver } from "../thread-driver.ts";
import type { ListOptions, ThreadPage, ThreadSummary } from "../thread-store.ts";
import { hasExpired } from "../validation/expiry.ts";
import { copyOf } from "../validation/metadata.ts";

const LIMIT_MAX = 1000;
// Expired threads fill no page. After so many pages of the backend the caller gets what there is, and a cursor.
const BACKEND_PAGES_MAX = 10;

export interface PageOfThreads {
  readonly limit: number;
  readonly after: string | undefined;
  readonly withMetadata: boolean;
}

export function pageRequest(
  driver: ThreadDriver,
  namespace: string,
  { limit = 100, cursor, metadata = false }: ListOptions,
): PageOfThreads {
  if (!Number.isInteger(limit) || limit < 1 || limit > LIMIT_MAX) {
    throw new ThreadStoreError("INVALID_ARGUMENT", `limit is a whole number from 1 to ${LIMIT_MAX}.`);
  }
  const after = cursor === undefined ? undefined : decodeCursor(cursor, { store: driver.name, namespace });
  return { limit, after, withMetadata: metadata };
}

export async function listThreads(
  call: Call,
  { limit, after, withMetadata }: PageOfThreads,
): Promise<ThreadPage> {
  const { namespace, driver } = call;
  const now = call.options.now();
  const threads: ThreadSummary[] = [];
  let place = after;
  for (let pages = 0; pages < BACKEND_PAGES_MAX && threads.length < limit; pages += 1) {
    const page = await recordPage(call, place, limit - threads.length);
    for (const listed of page.records) {
      const summary = summaryOf(namespace, listed, withMetadata);
      if (!hasExpired(summary.expiresAt?.getTime(), now)) threads.push(summary);
    }
    if (page.next === undefined) return { threads, cursor: undefined };
    place = page.next;
  }
  const cursor =
    place === undefined ? undefined : encodeCursor({ store: driver.name, namespace, after: place });
  return { threads, cursor };
}

/** A page as the driver lists it, expired and damaged records included. */
export function recordPage(call: Call, after: string | undefined, limit: number): Promise<RecordPage> {
  return attempt(call, () => call.driver.list(call.namespace, { after, limit }, { signal: call.signal }));
}

function summaryOf(namespace: string, listed: ListedRecord, withMetadata: boolean): ThreadSummary {
  const { id, version, tail } = listed;
  const found = decodeTail({ namespace, id }, tail);
  if ("damage" in found) return { corrupt: true, id, version };
  const { trailer } = found;
  return {
    corrupt: false,
    ...threadDetails(id, version, trailer),
    ...(withMetadata ? { metadata: copyOf(trailer.metadata) } : {}),
  };
}
