import { type DeleteOptions, type StoredThread, ThreadStoreError } from "@threadstore/core";
import { readKeptText } from "../format/kept-text.ts";
import type { AttachmentName } from "../format/names.ts";
import type { ThreadCall } from "../place.ts";
import { snapshotOf } from "../snapshot.ts";
import { removeAttachments } from "./records.ts";

/** What a delete is about to remove. */
interface Doomed {
  readonly stored: StoredThread;
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
    const isSeen = previous === undefined || doomed?.stored.version === bareVersion(previous);
    // Nothing there, damage, or another version than the one seen: the store beneath says what that means.
    if (doomed === undefined || !isSeen) return threads.delete(call.id, { ...call.next(), previous });
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
    const stored = await call.place.threads.load(call.id, call.next());
    return stored && { stored, names: readKeptText(stored.json).names };
  } catch (error) {
    if (ThreadStoreError.is(error, "CORRUPT")) return undefined;
    throw error;
  }
}

function bareVersion(previous: DeleteOptions["previous"]): unknown {
  return typeof previous === "object" ? previous?.version : previous;
}
