import type { Version } from "@threadstore/core";
import type { LoadArguments } from "@threadstore/core/decorator";
import { readAttachments } from "../attachment-records.ts";
import { corruptAttachment } from "../errors.ts";
import { recordId } from "../format/names.ts";
import { decodeStoredText } from "../format/stored-text.ts";
import type { ThreadContext, ThreadState, ThreadWithAttachments } from "../thread-context.ts";
import { threadWithAttachments } from "../thread-with-attachments.ts";

/**
 * Loads a thread and its attachments. A save or delete between those steps may have deleted some. The thread then has
 * another version, which is loaded instead.
 */
export async function loadThread(
  context: ThreadContext,
  { options, cached }: LoadArguments<ThreadState>,
): Promise<ThreadWithAttachments | undefined> {
  const { threads, id, call } = context;
  const cachedAttachments = cached?.decorated?.state?.attachments;
  let incompleteVersion: Version | undefined;
  for (;;) {
    const stored = await threads.load(id, { ...options, ...call.options() });
    if (stored === undefined) return undefined;
    const decoded = decodeStoredText(stored.json);
    const { attachments, missing } = await readAttachments(context, decoded.names, cachedAttachments);
    if (missing === undefined) return threadWithAttachments(stored, { decoded, attachments });
    if (incompleteVersion === stored.version) {
      throw corruptAttachment(missing, recordId(id, missing), "missing");
    }
    incompleteVersion = stored.version;
  }
}
