import { type DeleteOptions, type StoredThread, ThreadStoreError } from "@threadstore/core";
import type { AttachmentName } from "../format/names.ts";
import type { ThreadCall } from "../place.ts";
import { snapshotOf } from "../snapshot.ts";
import { baseFound } from "./base.ts";
import { removeAttachments } from "./records.ts";

/** What a delete is about to remove. */
interface Doomed {
  /** `undefined` when it is damaged. */
  readonly stored: StoredThread | undefined;
  readonly names: ReadonlySet<AttachmentName>;
}

/**
 * Deletes the thread, and then its attachments: those of exactly the version that is gone, which no other version
 * can name. A thread that is created in its place meanwhile has others.
 */
export async function deleteThread(call: ThreadCall, previous: DeleteOptions["previous"]): Promise<boolean> {
  const { threads } = call.place;
  for (;;) {
    const doomed = await lookAt(call, previous);
    // Not asked to delete it all the same: what is created there meanwhile would leave its attachments behind.
    if (doomed === undefined && previous === undefined) return false;
    const isSeen = previous === undefined || doomed?.stored?.version === bareVersion(previous);
    // Nothing there, damage, or another version than the one seen: the store beneath says what that means.
    if (doomed?.stored === undefined || !isSeen) return threads.delete(call.id, { ...call.next(), previous });
    let removed: boolean;
    try {
      removed = await threads.delete(call.id, { ...call.next(), previous: doomed.stored });
    } catch (error) {
      if (previous === undefined && ThreadStoreError.is(error, "CONFLICT")) continue;
      throw error;
    }
    await removeAttachments(call, doomed.names);
    return removed;
  }
}

async function lookAt(call: ThreadCall, previous: DeleteOptions["previous"]): Promise<Doomed | undefined> {
  const seen = snapshotOf(call.place, previous);
  if (seen !== undefined) return { stored: seen.stored, names: seen.kept.names };
  try {
    return await baseFound(call);
  } catch (error) {
    // What it names is left to sweep.
    if (ThreadStoreError.is(error, "CORRUPT")) return { stored: undefined, names: new Set() };
    throw error;
  }
}

function bareVersion(previous: DeleteOptions["previous"]): unknown {
  return typeof previous === "object" ? previous?.version : previous;
}
