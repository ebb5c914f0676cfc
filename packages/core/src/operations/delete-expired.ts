import { encodeCursor } from "../encoding/cursor.ts";
import { decodeTail } from "../encoding/record.ts";
import type { Call } from "../runtime/operation-context.ts";
import type { DeleteExpiredResult } from "../thread-store.ts";
import { hasExpired } from "../validation/expiry.ts";
import { removeRecord } from "./delete.ts";
import { recordPage } from "./list-page.ts";

const PAGE = 100;
// Past this part of its time a sweep ends with a cursor: better that than to fail, and to begin anew next time.
const PART_OF_TIME = 0.5;

/**
 * Removes what has expired, each record at the version that had: one that was saved anew meanwhile is another
 * version, and stays.
 */
export async function deleteExpiredThreads(
  call: Call,
  from: string | undefined,
): Promise<DeleteExpiredResult> {
  const { namespace, driver } = call;
  const pauseAt = performance.now() + (call.deadline - performance.now()) * PART_OF_TIME;
  let deleted = 0;
  let after = from;
  do {
    const page = await recordPage(call, after, PAGE);
    for (const { id, version, tail } of page.records) {
      const found = decodeTail({ namespace, id }, tail);
      if ("damage" in found || !hasExpired(found.trailer.expiresAt, call.options.now())) continue;
      if (await removeRecord(call, { namespace, id }, version)) deleted += 1;
    }
    after = page.next;
  } while (after !== undefined && performance.now() < pauseAt);
  if (after === undefined) return { deleted };
  return { deleted, cursor: encodeCursor({ store: driver.name, namespace, after }) };
}
