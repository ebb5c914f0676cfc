import type { ThreadStore } from "@threadstore/core";
import { forEachConcurrently } from "./context.ts";
import { documentText } from "./documents.ts";
import { CHECKPOINT_PREFIX, DELETION_MARK } from "./keys.ts";

/**
 * Deletes all records of a thread. A mark makes the thread appear deleted at once: if the process is killed, the next
 * call that reads the thread from its latest checkpoint completes the deletion.
 */
export async function deleteThreadRecords(records: ThreadStore): Promise<void> {
  const { threads } = await records.listPage({ limit: 1 });
  if (threads.length === 0) return;
  await records.save(DELETION_MARK, documentText("langgraph-deletion", []), { overwrite: true });
  await deleteRecords(records);
}

/** Deletes all records of a thread that is marked as deleted: checkpoints before the values they need, the mark last. */
export async function deleteRecords(records: ThreadStore): Promise<void> {
  await deleteListed(records, CHECKPOINT_PREFIX);
  await deleteListed(records, "");
  await records.delete(DELETION_MARK);
}

async function deleteListed(records: ThreadStore, prefix: string): Promise<void> {
  // A cursor does not depend on the records that it has passed, so they can be deleted.
  let cursor: string | undefined;
  do {
    const page = await records.listPage({ prefix, cursor });
    const ids = page.threads.map(({ id }) => id).filter((id) => id !== DELETION_MARK);
    await forEachConcurrently(ids, (id) => records.delete(id));
    ({ cursor } = page);
  } while (cursor !== undefined);
}
