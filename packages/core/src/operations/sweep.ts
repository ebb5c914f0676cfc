import type { Call } from "../call/call.ts";
import { hasExpired } from "../arguments/expiry.ts";
import { recordPage } from "./page.ts";
import { decodeTail } from "../record/record.ts";
import { removeRecord } from "./remove.ts";
import type { SweepResult } from "../thread-store.ts";

const PAGE = 1000;

/**
 * Removes what has expired, each record at the version that had: one that was saved anew meanwhile is another
 * version, and stays.
 */
export async function sweepThreads(call: Call): Promise<SweepResult> {
  const { namespace } = call;
  let removed = 0;
  let after: string | undefined;
  do {
    const page = await recordPage(call, after, PAGE);
    for (const { id, version, tail } of page.records) {
      const found = decodeTail({ namespace, id }, tail);
      if ("damage" in found || !hasExpired(found.trailer.expiresAt, call.options.now())) continue;
      if (await removeRecord(call, { namespace, id }, version)) removed += 1;
    }
    after = page.next;
  } while (after !== undefined);
  return { removed };
}
