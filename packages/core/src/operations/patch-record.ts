import { newNonce } from "../encoding/nonce.ts";
import type { NewDetails, PatchedEnd } from "../encoding/record-end.ts";
import { threadDetails } from "../encoding/snapshot.ts";
import type { Trailer } from "../encoding/trailer.ts";
import { andThen, type MaybePromise } from "../runtime/maybe-promise.ts";
import type { OperationContext } from "../runtime/operation-context.ts";
import { type Outcome, resolveOutcome } from "../runtime/resolve-outcome.ts";
import type { ThreadKey } from "../thread-driver.ts";
import type { ThreadMetadata, TouchOptions, TouchResult, Version } from "../thread-store.ts";
import { DECORATED_METADATA, type DecoratedMetadataOption } from "../validation/decorated-metadata.ts";
import { expiryAfterSave, type ExpiryOptions, requestedExpiry } from "../validation/expiry.ts";
import { checkedMetadata, copyMetadata } from "../validation/metadata.ts";
import type { ResolvedStoreOptions } from "../validation/store-options.ts";
import { readEnd } from "./read-end.ts";

/** The options that change the trailer of a record. */
export interface TrailerChange {
  readonly metadata: ThreadMetadata | undefined;
  /** The members of the metadata that backends do not index. */
  readonly unindexed: readonly string[];
  readonly expiry: ExpiryOptions;
}

/** Returns a copy of the options. Throws `INVALID_ARGUMENT` or `TOO_LARGE`. */
export function trailerChange(
  change: Pick<TouchOptions, "metadata" | "ttlMs" | "expiresAt"> & DecoratedMetadataOption,
  options: ResolvedStoreOptions,
): TrailerChange {
  const { ttlMs, expiresAt } = change;
  return {
    metadata: checkedMetadata(change),
    unindexed: change[DECORATED_METADATA] ?? [],
    expiry: requestedExpiry({ ttlMs, expiresAt }, options.now()),
  };
}

/** Returns the details of a record that replaces the one with this trailer. */
export function detailsAfter(
  { options }: OperationContext,
  replaced: Trailer,
  { metadata, expiry }: TrailerChange,
): NewDetails {
  const updatedAt = Math.max(options.now(), replaced.updatedAt);
  return {
    ...replaced,
    nonce: newNonce(),
    updatedAt,
    ...expiryAfterSave(expiry, replaced, options.ttlMs, updatedAt),
    metadata: metadata ?? replaced.metadata,
  };
}

/** A record whose end was replaced. */
export interface PatchedRecord {
  readonly version: Version;
  readonly trailer: Trailer;
}

/** Replaces the end of the record if it is still at `expected`. Resolves with `undefined` if it is not. */
export function patchRecord(
  context: OperationContext,
  key: ThreadKey,
  expected: Version,
  { patch, trailer }: PatchedEnd,
): MaybePromise<PatchedRecord | undefined> {
  const { driver, signal } = context;
  context.bytes = trailer.size;
  return resolveOutcome(context, {
    apply: () =>
      andThen(driver.patch(key, patch, expected, { signal }), (version) =>
        version === undefined ? undefined : { version, trailer },
      ),
    readOutcome: async (): Promise<Outcome<PatchedRecord>> => {
      const stored = await readEnd(context, key);
      if (stored === undefined) return "superseded";
      if (stored.version === expected) return "unchanged";
      const isOwn = stored.state !== "corrupt" && stored.end.trailer.nonce === trailer.nonce;
      return isOwn ? { version: stored.version, trailer } : "superseded";
    },
  });
}

/** Returns what callers learn about a record whose content was not read. */
export function touchResult(id: string, { version, trailer }: PatchedRecord): TouchResult {
  return { ...threadDetails(id, version, trailer), metadata: copyMetadata(trailer.metadata) };
}
