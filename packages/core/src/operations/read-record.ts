import { decodeRecord, type ThreadRecord } from "../encoding/record.ts";
import type { Snapshot } from "../encoding/snapshot.ts";
import { ThreadStoreError } from "../errors.ts";
import { andThen, type MaybePromise } from "../runtime/maybe-promise.ts";
import type { OperationContext } from "../runtime/operation-context.ts";
import { withRetries } from "../runtime/retry.ts";
import type { StoredRecord, ThreadDriver, ThreadKey } from "../thread-driver.ts";
import type { Version } from "../thread-store.ts";
import { hasExpired } from "../validation/expiry.ts";

/** A record as it is stored, including one that has expired or is corrupt. */
export type RecordState =
  | { readonly state: "live" | "expired"; readonly version: Version; readonly record: ThreadRecord }
  | { readonly state: "corrupt"; readonly version: Version; readonly corruption: string };

/**
 * Reads the record at `key`. With `cached`, a snapshot of that thread, the driver may omit bytes that are unchanged.
 */
export function readRecord(
  context: OperationContext,
  key: ThreadKey,
  cached?: Snapshot,
): MaybePromise<RecordState | undefined> {
  const { driver, signal } = context;
  const stored = withRetries(context, () => driver.read(key, cached?.version, { signal }));
  return andThen(stored, (record) => record && stateOf(context, key, record, cached));
}

function stateOf(
  { driver, options }: OperationContext,
  key: ThreadKey,
  { version, bytes, nonce }: StoredRecord,
  cached: Snapshot | undefined,
): RecordState {
  const record = bytes === undefined ? cached?.record : decodeRecord(key, bytes, nonce);
  if (record === undefined) throw omittedBytes(driver);
  if ("corruption" in record) return { state: "corrupt", version, corruption: record.corruption };
  const isExpired = hasExpired(record.trailer.expiresAt, options.now());
  return { state: isExpired ? "expired" : "live", version, record };
}

/** Creates the error for a driver that returned a record without its bytes, although they are not known. */
export function omittedBytes(driver: ThreadDriver): ThreadStoreError {
  const message = `The ${driver.name} driver omitted the bytes of a record that was read without a cached version.`;
  return new ThreadStoreError("BACKEND_ERROR", message);
}
