import type { StoredThread } from "@threadstore/core";
import { metadataAndSize } from "./format/names.ts";
import type { ThreadState, ThreadWithAttachments } from "./thread-context.ts";

/** Combines a stored thread with its attachments. */
export function threadWithAttachments(stored: StoredThread, state: ThreadState): ThreadWithAttachments {
  const { decoded, attachments } = state;
  return {
    stored,
    metadata: metadataAndSize(stored.metadata).metadata,
    content: { size: decoded.size ?? stored.size, json: () => decoded.restore(attachments) },
    state,
  };
}
