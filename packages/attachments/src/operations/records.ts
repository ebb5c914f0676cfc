import { type StoredThread, ThreadStoreError } from "@threadstore/core";
import { inParallel } from "../call/in-parallel.ts";
import { failureOf, lostAttachment } from "../failures.ts";
import { type AttachmentName, attachmentName, recordId, tokenIn } from "../format/names.ts";
import type { ThreadCall } from "../place.ts";

const HEAD = '{"attachment":"';
const TAIL = '"}';

/** Writes what no thread names yet. Never expires by itself: only `deleteExpired` knows whether its thread has. */
export async function writeAttachments(
  { place, id, next }: ThreadCall,
  attachments: ReadonlyMap<AttachmentName, string>,
): Promise<void> {
  await inParallel(attachments, async ([name, text]) => {
    const options = { metadata: { thread: id }, expiresAt: null, ...next() };
    try {
      await place.attachments?.save(recordId(id, name), `${HEAD}${text}${TAIL}`, options);
    } catch (error) {
      throw failureOf(error, name);
    }
  });
}

/** What the names stand for: what is `known` of it, and the rest loaded; or the first that was not there. */
export async function readAttachments(
  call: ThreadCall,
  names: Iterable<AttachmentName>,
  known: ReadonlyMap<AttachmentName, string> = new Map(),
): Promise<{ attachments: Map<AttachmentName, string>; missing: AttachmentName | undefined }> {
  const attachments = new Map<AttachmentName, string>();
  let missing: AttachmentName | undefined;
  await inParallel(names, async (name) => {
    const text = known.get(name) ?? (await readAttachment(call, name));
    if (text === undefined) missing ??= name;
    else attachments.set(name, text);
  });
  return { attachments, missing };
}

async function readAttachment(
  { place, id, next }: ThreadCall,
  name: AttachmentName,
): Promise<string | undefined> {
  const record = recordId(id, name);
  let stored: StoredThread | undefined;
  try {
    stored = await place.attachments?.load(record, next());
  } catch (error) {
    throw failureOf(error, name);
  }
  if (stored === undefined) return undefined;
  const text = stored.json.slice(HEAD.length, -TAIL.length);
  if (attachmentName(tokenIn(name), text) !== name) throw lostAttachment(name, record, "altered");
  return text;
}

/**
 * Removes what no version of the thread names, nor ever will. A nicety once the call has done its work: what
 * cannot be removed now is left to `deleteExpired`, and the call does not fail for it.
 */
export async function removeAttachments(
  { place, id, next }: ThreadCall,
  names: Iterable<AttachmentName>,
): Promise<void> {
  try {
    await inParallel(
      names,
      async (name) => void (await place.attachments?.delete(recordId(id, name), next())),
    );
  } catch (error) {
    if (!ThreadStoreError.is(error) && next().signal?.aborted !== true) throw error;
  }
}
