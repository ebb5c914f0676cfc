import { type LoadOptions, type StoredThread, type Version } from "@threadstore/core";
import { lostAttachment } from "../failures.ts";
import { readKeptText } from "../format/kept-text.ts";
import { recordId } from "../format/names.ts";
import type { ThreadCall } from "../place.ts";
import { handOut, type Snapshot, snapshotOf } from "../snapshot.ts";
import { readAttachments } from "./records.ts";

/**
 * The thread with its attachments. A save or delete that comes between the one and the others may have removed some;
 * then the thread is another by now, and that one is loaded.
 */
export async function loadThread(
  call: ThreadCall,
  cached: LoadOptions["cached"],
): Promise<StoredThread | undefined> {
  const known = snapshotOf(call.place, cached);
  let incompleteAt: Version | undefined;
  for (;;) {
    const stored = await call.place.threads.load(call.id, {
      ...call.next(),
      cached: known?.stored ?? cached,
    });
    if (stored === undefined) return undefined;
    const kept = readKeptText(stored.json);
    const { attachments, missing } = await readAttachments(call, kept.names, known?.attachments);
    const snapshot: Snapshot = { path: call.place.path, stored, kept, attachments };
    if (missing === undefined) return handOut(snapshot);
    if (incompleteAt === stored.version) throw lostAttachment(missing, recordId(call.id, missing), "missing");
    incompleteAt = stored.version;
  }
}
