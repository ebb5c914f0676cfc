import { PRESERVED_DETAILS, type PreservingOptions } from "../encoding/preserved-details.ts";
import { preservedDetailsOf } from "../encoding/snapshot.ts";
import { ThreadStoreError } from "../errors.ts";
import type { StoredThread } from "../thread-store.ts";
import { DECORATED_METADATA, type DecoratedMetadataOption } from "../validation/decorated-metadata.ts";

/** Returns the options of a save that copies a thread with its times, metadata, expiry and keys of appends. */
export function copyingOptions(
  original: StoredThread,
  signal: AbortSignal | undefined,
): PreservingOptions & DecoratedMetadataOption {
  return {
    metadata: original.metadata,
    signal,
    [PRESERVED_DETAILS]: preservedDetailsOf(original),
    // The stores may be those within decorators. Which members those have added is not known.
    [DECORATED_METADATA]: [],
  };
}

/** Returns whether a thread is a copy of another one: the same in every respect but its version. */
export function isCopyOf(copy: StoredThread, original: StoredThread): boolean {
  return copy.json === original.json && detailsOf(copy) === detailsOf(original);
}

function detailsOf(stored: StoredThread): string {
  const { createdAt, updatedAt, expiresAt, hasFixedExpiry, appendKeys } = preservedDetailsOf(stored);
  return JSON.stringify([stored.metadata, createdAt, updatedAt, expiresAt, hasFixedExpiry, appendKeys]);
}

/** Creates the error for a target that returns something else than what was copied to it. */
export function differentCopy(id: string): ThreadStoreError {
  return new ThreadStoreError(
    "BACKEND_ERROR",
    "The target did not store the thread as it is in the source. Test its store with @threadstore/conformance.",
    { id },
  );
}
