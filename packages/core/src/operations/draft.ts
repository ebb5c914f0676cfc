import { joinAppendKeys, withAppendKey } from "../encoding/append-keys.ts";
import type { ExpectedVersion } from "../encoding/expected-version.ts";
import { newNonce } from "../encoding/nonce.ts";
import type { PreservedDetails } from "../encoding/preserved-details.ts";
import { encodeRecord, type ThreadRecord } from "../encoding/record.ts";
import type { ThreadJson } from "../encoding/thread-json.ts";
import type { Trailer } from "../encoding/trailer.ts";
import type { ThreadKey } from "../thread-driver.ts";
import type { ThreadMetadata, Version } from "../thread-store.ts";
import { type Expiry, expiryAfterSave, type ExpiryOptions } from "../validation/expiry.ts";

/** The validated arguments of a save, complete before the first step: later changes by the caller have no effect. */
export interface SaveRequest {
  readonly key: ThreadKey;
  readonly expected: ExpectedVersion | undefined;
  readonly overwrite: boolean;
  /** When the call began. */
  readonly now: number;
  readonly metadata: ThreadMetadata | undefined;
  /** The members of the metadata that backends do not index. */
  readonly unindexed: readonly string[];
  /** The hash of the append key that the record remembers from this save on. */
  readonly appendKey: string | undefined;
  readonly expiry: ExpiryOptions;
  /** The store's `ttlMs`. */
  readonly storeTtlMs: number | undefined;
  /** The details to store instead of new ones. */
  readonly preserved: PreservedDetails | undefined;
  /** Encoded to replace the snapshot in `expected`, or no record. To replace another, it must be encoded again. */
  readonly draft: Draft;
}

/** A record that is ready to be written. */
export interface Draft extends ReturnType<typeof encodeRecord> {
  readonly replaced: ReplacedRecord;
  readonly parsed: ThreadJson["parsed"];
}

/**
 * The record that a save replaces: none, or the one at `version`. `record` is `undefined` if that one is corrupt or
 * expired.
 */
export interface ReplacedRecord {
  readonly version: Version | undefined;
  readonly record: ThreadRecord | undefined;
}

export const NO_RECORD: ReplacedRecord = { version: undefined, record: undefined };
/** Encodes the record of a save that replaces `replaced`. */
export function createDraft(
  { key, metadata, unindexed, appendKey, expiry, storeTtlMs, preserved }: Omit<SaveRequest, "draft">,
  json: ThreadJson,
  replaced: ReplacedRecord,
  time: number,
): Draft {
  const replacedTrailer = replaced.record?.trailer;
  const now = Math.max(time, replacedTrailer?.updatedAt ?? 0);
  const details = {
    ...key,
    nonce: newNonce(),
    createdAt: replacedTrailer?.createdAt ?? now,
    updatedAt: now,
    // From the time in the record: this clock may show an earlier time than the clock that wrote the replaced record.
    ...expiryAfterSave(expiry, replacedTrailer, storeTtlMs, now),
    appendKeys: withAppendKey(replacedTrailer?.appendKeys ?? "", appendKey),
    ...(preserved && trailerDetailsOf(preserved)),
    metadata: metadata ?? replacedTrailer?.metadata ?? {},
  };
  return { ...encodeRecord(json, details, replaced.record, unindexed), replaced, parsed: json.parsed };
}

function trailerDetailsOf({
  hasFixedExpiry,
  appendKeys,
  ...times
}: PreservedDetails): Expiry & Pick<Trailer, "createdAt" | "updatedAt" | "appendKeys"> {
  return {
    createdAt: times.createdAt.getTime(),
    updatedAt: times.updatedAt.getTime(),
    expiresAt: times.expiresAt?.getTime(),
    hasFixedExpiry,
    appendKeys: joinAppendKeys(appendKeys),
  };
}
