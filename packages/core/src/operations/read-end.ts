import { decodeEnd, decodeWhole, type RecordEnd } from "../encoding/record-end.ts";
import type { Corruption } from "../encoding/trailer.ts";
import { andThen, type MaybePromise } from "../runtime/maybe-promise.ts";
import type { OperationContext } from "../runtime/operation-context.ts";
import { withRetries } from "../runtime/retry.ts";
import type { ThreadKey } from "../thread-driver.ts";
import type { Version } from "../thread-store.ts";
import { hasExpired } from "../validation/expiry.ts";
import { omittedBytes } from "./read-record.ts";

/** The end of a record as it is stored, including one that has expired or is corrupt. */
export type EndState =
  | { readonly state: "live" | "expired"; readonly version: Version; readonly end: RecordEnd }
  | { readonly state: "corrupt"; readonly version: Version; readonly corruption: string };

/** Reads the end of the record at `key`: its trailer, and some of the bytes before it. */
export function readEnd(context: OperationContext, key: ThreadKey): MaybePromise<EndState | undefined> {
  const { driver, signal } = context;
  const stored = withRetries(context, () => driver.readTail(key, { signal }));
  return andThen(stored, (tail) => tail && stateOf(context, tail.version, decodeEnd(key, tail)));
}

/** Reads and verifies the complete record, for the few threads that do not show enough at their end. */
export function readWholeEnd(context: OperationContext, key: ThreadKey): MaybePromise<EndState | undefined> {
  const { driver, signal } = context;
  const stored = withRetries(context, () => driver.read(key, undefined, { signal }));
  return andThen(stored, (record) => {
    if (record === undefined) return undefined;
    const { version, bytes, nonce } = record;
    if (bytes === undefined) throw omittedBytes(driver);
    return stateOf(context, version, decodeWhole(key, bytes, nonce));
  });
}

function stateOf({ options }: OperationContext, version: Version, end: RecordEnd | Corruption): EndState {
  if ("corruption" in end) return { state: "corrupt", version, corruption: end.corruption };
  const isExpired = hasExpired(end.trailer.expiresAt, options.now());
  return { state: isExpired ? "expired" : "live", version, end };
}
