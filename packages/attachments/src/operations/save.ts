import { type SaveOptions, type StoredThread, ThreadStoreError } from "@threadstore/core";
import { DECORATED_METADATA, type SaveArguments } from "@threadstore/core/decorator";
import { deleteAttachments, writeAttachments } from "../attachment-records.ts";
import {
  type AttachmentName,
  attachmentName,
  escapeMetadata,
  hashOf,
  metadataWithSize,
  newToken,
  RESERVED_NAME,
} from "../format/names.ts";
import { encodeStoredText, type StoredText } from "../format/stored-text.ts";
import {
  currentVersion,
  metadataOf,
  previousVersion,
  type ReplacedVersion,
  reusableNames,
} from "../replaced-version.ts";
import type { ThreadContext, ThreadState, ThreadWithAttachments } from "../thread-context.ts";
import { threadWithAttachments } from "../thread-with-attachments.ts";

/** A thread whose attachments have been extracted. */
interface Draft {
  readonly json: string;
  readonly size: number;
  readonly options: SaveArguments<ThreadState>["options"];
  /** The thread without its attachments, if they can be stored. */
  readonly separated: StoredText;
  /** The thread with its attachments. */
  readonly whole: StoredText;
}

interface SavedThread {
  readonly stored: StoredThread;
  readonly text: StoredText;
  /** The attachments that the replaced version refers to. */
  readonly replacedNames: ReadonlySet<AttachmentName>;
}

/**
 * Saves a thread in three steps: writes the attachments that the replaced version does not have, under names that no
 * other save uses; saves the thread with a conditional write; deletes attachments that only the replaced version
 * refers to. A process that is killed in between leaves attachments without a reference, never a reference without
 * attachment.
 */
export async function saveThread(
  context: ThreadContext,
  { thread, previous, options }: SaveArguments<ThreadState>,
): Promise<ThreadWithAttachments> {
  const { json, size } = thread.read();
  const replaced = previous && (await previousVersion(context, previous));
  const draft = createDraft(context, { json, size, options }, replaced);
  // An overwrite does not rely on stored attachments, because it must also replace corrupt ones.
  const reused = new Set(replaced?.names);
  const written = new Map([...draft.separated.attachments].filter(([name]) => !reused.has(name)));
  let saved: SavedThread;
  try {
    await writeAttachments(context, written);
    saved =
      options.overwrite === true ? await overwrite(context, draft) : await commit(context, draft, replaced);
  } catch (error) {
    if (isRejection(error)) await deleteAttachments(context, written.keys());
    throw error;
  }
  const { stored, text, replacedNames } = saved;
  const { attachments, isWrapped } = text;
  const unused = [...written.keys(), ...replacedNames].filter((name) => !attachments.has(name));
  await deleteAttachments(context, unused);
  const names = new Set(attachments.keys());
  const decoded = { size: isWrapped ? size : undefined, names, restore: () => json };
  return threadWithAttachments(stored, { decoded, attachments });
}

function createDraft(
  { attachments, options }: ThreadContext,
  thread: Pick<Draft, "json" | "size" | "options">,
  replaced: ReplacedVersion | undefined,
): Draft {
  const { json, size } = thread;
  const reusable = reusableNames(options, replaced);
  const token = newToken(options.now());
  const nameOf = (text: string): AttachmentName | undefined => {
    if (!options.isAttachment(text)) return undefined;
    const newName = attachmentName(token, text);
    return reusable.get(hashOf(newName)) ?? newName;
  };
  const whole = encodeStoredText(json, size, () => undefined);
  const separated = attachments === undefined ? whole : encodeStoredText(json, size, nameOf);
  return { ...thread, whole, separated };
}

/** Overwrites with a conditional write as well, so that the replaced version and its attachments are known. */
async function overwrite(context: ThreadContext, draft: Draft): Promise<SavedThread> {
  for (;;) {
    try {
      return await commit(context, draft, await currentVersion(context));
    } catch (error) {
      if (ThreadStoreError.is(error, "CORRUPT"))
        return commit(context, draft, undefined, { overwrite: true });
      if (!ThreadStoreError.is(error, "CONFLICT")) throw error;
    }
  }
}

async function commit(
  { threads, id, call }: ThreadContext,
  { size, options, separated, whole }: Draft,
  replaced: ReplacedVersion | undefined,
  condition: Pick<SaveOptions, "overwrite"> = {},
): Promise<SavedThread> {
  const { metadata: newMetadata, previous: _previous, overwrite: _overwrite, ...kept } = options;
  const { [DECORATED_METADATA]: outer = [] } = options;
  const metadata = newMetadata ?? metadataOf(replaced);
  const sizedMetadata = metadataWithSize(metadata, size);
  // If the metadata leave no room for the size, the attachments stay in the thread.
  const text = sizedMetadata === undefined ? whole : separated;
  const isChanged = newMetadata !== undefined || replaced?.isWrapped === true;
  const plainMetadata = isChanged ? escapeMetadata(metadata) : undefined;
  const stored = await threads.save(id, text.text, {
    ...condition,
    ...kept,
    ...call.options(),
    previous: replaced?.stored,
    metadata: text.isWrapped ? sizedMetadata : plainMetadata,
    ...(text.isWrapped && { [DECORATED_METADATA]: [...outer, RESERVED_NAME] }),
  });
  return { stored, text, replacedNames: replaced?.names ?? new Set() };
}

/** Returns whether the error proves that the thread does not refer to the attachments written for it. */
function isRejection(error: unknown): boolean {
  return (["CONFLICT", "INVALID_ARGUMENT", "TOO_LARGE"] as const).some((code) =>
    ThreadStoreError.is(error, code),
  );
}
