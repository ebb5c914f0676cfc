import { type StoredThread, ThreadStoreError } from "@threadstore/core";
import type { DeleteArguments } from "@threadstore/core/decorator";
import { deleteAttachments } from "../attachment-records.ts";
import type { AttachmentName } from "../format/names.ts";
import { currentVersion } from "../replaced-version.ts";
import type { ThreadContext, ThreadState } from "../thread-context.ts";

/** The version that a delete is about to delete. */
interface Target {
  /** `undefined` if it is corrupt. */
  readonly stored: StoredThread | undefined;
  readonly names: ReadonlySet<AttachmentName>;
}

/**
 * Deletes a thread and then the attachments of exactly the deleted version, which no other version can refer to. A
 * thread that is created in the meantime has other attachments.
 */
export async function deleteThread(
  context: ThreadContext,
  deletion: DeleteArguments<ThreadState>,
): Promise<boolean> {
  const { threads, id, call } = context;
  const { previous, options } = deletion;
  for (;;) {
    const target = await readTarget(context, deletion);
    // Not deleted in the inner store as well: that could delete a thread created in the meantime, but not its
    // attachments.
    if (target === undefined && previous === undefined) return false;
    const isExpected = previous === undefined || target?.stored?.version === previous.version;
    // The thread is missing, corrupt or not the expected version: the inner store decides the result.
    if (target?.stored === undefined || !isExpected)
      return threads.delete(id, { ...options, ...call.options() });
    let deleted: boolean;
    try {
      deleted = await threads.delete(id, { ...call.options(), previous: target.stored });
    } catch (error) {
      if (previous === undefined && ThreadStoreError.is(error, "CONFLICT")) continue;
      throw error;
    }
    await deleteAttachments(context, target.names);
    return deleted;
  }
}

async function readTarget(
  context: ThreadContext,
  { previous }: DeleteArguments<ThreadState>,
): Promise<Target | undefined> {
  const decorated = previous?.decorated;
  if (decorated?.state !== undefined) {
    return { stored: decorated.stored, names: decorated.state.decoded.names };
  }
  try {
    return await currentVersion(context);
  } catch (error) {
    // Its attachments are left to `deleteExpired`.
    if (ThreadStoreError.is(error, "CORRUPT")) return { stored: undefined, names: new Set() };
    throw error;
  }
}
