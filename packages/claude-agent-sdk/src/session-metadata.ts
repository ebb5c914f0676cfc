import { foldSessionSummary } from "@anthropic-ai/claude-agent-sdk";
import type { SessionStoreEntry, SessionSummaryEntry } from "@anthropic-ai/claude-agent-sdk";
import type { ThreadMetadata } from "@threadstore/core";
import { METADATA_MAX_BYTES } from "@threadstore/core/decorator";
import { isJsonObject } from "@threadstore/core/documents";
import type { TranscriptLocation } from "./session-location.ts";

/** The SDK's summary of a session, which is opaque. */
export type SummaryData = SessionSummaryEntry["data"];

/** The metadata of a transcript without entries, which counts as missing. */
export const EMPTY_STATUS: ThreadMetadata = { status: "empty" };
/** The metadata of a session that is being deleted. It counts as missing, and so do its subpaths. */
export const DELETING_STATUS: ThreadMetadata = { status: "deleting" };

/** Returns whether a listed transcript counts as missing. */
export function isMissing(metadata: ThreadMetadata | undefined): boolean {
  return metadata?.["status"] === EMPTY_STATUS["status"] || isDeleting(metadata);
}

export function isDeleting(metadata: ThreadMetadata | undefined): boolean {
  return metadata?.["status"] === DELETING_STATUS["status"];
}

/**
 * Returns the metadata of a transcript after an append. A summary that does not fit is left out from then on: the SDK
 * then summarizes the session from its entries.
 */
export function metadataAfter(
  { key, isMain, nameMetadata }: TranscriptLocation,
  metadata: ThreadMetadata | undefined,
  entries: readonly SessionStoreEntry[],
): ThreadMetadata {
  if (!isMain) return nameMetadata;
  const isNew = metadata === undefined || isMissing(metadata);
  const data = isNew ? undefined : summaryOf(metadata);
  if (data === undefined && !isNew) return nameMetadata;
  const { sessionId } = key;
  // The listing reports the time of the save as `mtime`, so the one that is folded here is never used.
  const mtime = Date.now();
  const previous = data === undefined ? undefined : { sessionId, mtime, data };
  const folded = foldSessionSummary(previous, key, [...entries], { mtime });
  const after = { ...nameMetadata, summary: JSON.stringify(folded.data) };
  return Buffer.byteLength(JSON.stringify(after)) > METADATA_MAX_BYTES ? nameMetadata : after;
}

/** Returns the summary in the metadata of a session; `undefined` if there is none. */
export function summaryOf(metadata: ThreadMetadata | undefined): SummaryData | undefined {
  const text = metadata?.["summary"];
  if (text === undefined) return undefined;
  try {
    const data: unknown = JSON.parse(text);
    return isJsonObject(data) ? data : undefined;
  } catch {
    return undefined;
  }
}
