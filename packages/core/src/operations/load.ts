import { type Snapshot, storedThread } from "../encoding/snapshot.ts";
import { andThen, type MaybePromise } from "../runtime/maybe-promise.ts";
import type { OperationContext } from "../runtime/operation-context.ts";
import type { ThreadKey } from "../thread-driver.ts";
import type { StoredThread } from "../thread-store.ts";
import { corruptRecord } from "../validation/corrupt-record.ts";
import { readRecord } from "./read-record.ts";

/** Loads a thread; `undefined` if it does not exist or has expired. */
export function loadThread(
  context: OperationContext,
  key: ThreadKey,
  cached: Snapshot | undefined,
): MaybePromise<StoredThread | undefined> {
  return andThen(readRecord(context, key, cached), (stored) => {
    if (stored === undefined || stored.state === "expired") return undefined;
    if (stored.state === "corrupt") throw corruptRecord(stored.corruption);
    context.bytes = stored.record.trailer.size;
    return storedThread({ key, version: stored.version, record: stored.record });
  });
}
