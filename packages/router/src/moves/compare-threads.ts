import type { StoredThread } from "@threadstore/core";
import { preservedDetailsOf } from "@threadstore/core/decorator";

/** Returns whether a thread is a copy of another one: the same in every respect but its version. */
export function isCopyOf(copy: StoredThread, original: StoredThread): boolean {
  return copy.json === original.json && detailsOf(copy) === detailsOf(original);
}

function detailsOf(stored: StoredThread): string {
  const { createdAt, updatedAt, expiresAt, hasFixedExpiry, appendKeys } = preservedDetailsOf(stored);
  return JSON.stringify([stored.metadata, createdAt, updatedAt, expiresAt, hasFixedExpiry, appendKeys]);
}
