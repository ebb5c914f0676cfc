import { type StoredThread, ThreadStoreError } from "@threadstore/core";
import { mapConcurrently } from "@threadstore/core/decorator";
import { attachmentFailure, corruptAttachment } from "./errors.ts";
import { type AttachmentName, attachmentName, recordId, tokenOf } from "./format/names.ts";
import type { ThreadContext } from "./thread-context.ts";

const HEAD = '{"attachment":"';
const TAIL = '"}';

/** Writes new attachments. They never expire, because only `deleteExpired` knows whether their thread has. */
export async function writeAttachments(
  { attachments: records, id, call }: ThreadContext,
  attachments: ReadonlyMap<AttachmentName, string>,
): Promise<void> {
  await mapConcurrently(attachments, async ([name, text]) => {
    const options = { metadata: { thread: id }, expiresAt: null, ...call.options() };
    try {
      await records?.save(recordId(id, name), `${HEAD}${text}${TAIL}`, options);
    } catch (error) {
      throw attachmentFailure(error, name);
    }
  });
}

/** Returns the named attachments, loading those that are not in `cached`, and the first one that does not exist. */
export async function readAttachments(
  context: ThreadContext,
  names: Iterable<AttachmentName>,
  cached: ReadonlyMap<AttachmentName, string> = new Map(),
): Promise<{ attachments: Map<AttachmentName, string>; missing: AttachmentName | undefined }> {
  const attachments = new Map<AttachmentName, string>();
  let missing: AttachmentName | undefined;
  await mapConcurrently(names, async (name) => {
    const text = cached.get(name) ?? (await readAttachment(context, name));
    if (text === undefined) missing ??= name;
    else attachments.set(name, text);
  });
  return { attachments, missing };
}

async function readAttachment(
  { attachments: records, id, call }: ThreadContext,
  name: AttachmentName,
): Promise<string | undefined> {
  const record = recordId(id, name);
  let stored: StoredThread | undefined;
  try {
    stored = await records?.load(record, call.options());
  } catch (error) {
    throw attachmentFailure(error, name);
  }
  if (stored === undefined) return undefined;
  const text = stored.json.slice(HEAD.length, -TAIL.length);
  if (attachmentName(tokenOf(name), text) !== name) throw corruptAttachment(name, record, "altered");
  return text;
}

/**
 * Deletes attachments that no version of the thread refers to or will ever refer to. Runs after the call has
 * succeeded and therefore does not fail it: `deleteExpired` deletes what remains.
 */
export async function deleteAttachments(
  { attachments: records, id, call }: ThreadContext,
  names: Iterable<AttachmentName>,
): Promise<void> {
  try {
    await mapConcurrently(
      names,
      async (name) => void (await records?.delete(recordId(id, name), call.options())),
    );
  } catch (error) {
    if (!ThreadStoreError.is(error) && call.signal?.aborted !== true) throw error;
  }
}
