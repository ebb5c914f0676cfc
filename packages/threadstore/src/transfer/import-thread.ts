import { type StoredThread, type ThreadStore, ThreadStoreError } from "@threadstore/core";
import {
  DECORATED_METADATA,
  type DecoratedMetadataOption,
  PRESERVED_DETAILS,
  type PreservingOptions,
} from "@threadstore/core/decorator";
import { detailsOf, type ExportedThread } from "./export-line.ts";

/** What happened to a thread of an export. `different`: the store has another thread of this id, which was kept. */
export type ImportOutcome = "imported" | "present" | "expired" | "different";

/** Saves a thread of an export with its metadata and times. */
export async function importThread(
  view: ThreadStore,
  thread: ExportedThread,
  { overwrite, signal }: { readonly overwrite: boolean; readonly signal: AbortSignal },
): Promise<ImportOutcome> {
  const { id, json, metadata, details } = thread;
  if (details.expiresAt !== undefined && details.expiresAt.getTime() <= Date.now()) return "expired";
  const options: PreservingOptions & DecoratedMetadataOption = {
    metadata,
    signal,
    [PRESERVED_DETAILS]: details,
    // The export may be of a store within decorators, which have added to the metadata.
    [DECORATED_METADATA]: [],
  };
  try {
    await view.save(id, json, options);
    return "imported";
  } catch (error) {
    const isCorrupt = ThreadStoreError.is(error, "CORRUPT");
    if (!isCorrupt && !ThreadStoreError.is(error, "CONFLICT")) throw error;
    if (!isCorrupt) {
      const existing = await view.load(id, { signal });
      if (existing !== undefined && isSame(existing, thread)) return "present";
    }
    if (!overwrite) return "different";
  }
  await view.save(id, json, { ...options, overwrite: true });
  return "imported";
}

function isSame(stored: StoredThread, { json, metadata, details }: ExportedThread): boolean {
  return stored.json === json && textOf(stored.metadata, detailsOf(stored)) === textOf(metadata, details);
}

function textOf(metadata: ExportedThread["metadata"], details: ExportedThread["details"]): string {
  const { createdAt, updatedAt, expiresAt, hasFixedExpiry, appendKeys } = details;
  const sorted = Object.entries(metadata).toSorted(([left], [right]) => (left < right ? -1 : 1));
  return JSON.stringify([sorted, createdAt, updatedAt, expiresAt, hasFixedExpiry, appendKeys]);
}
