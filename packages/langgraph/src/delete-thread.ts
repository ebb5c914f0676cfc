import { type ThreadStore, ThreadStoreError, type ThreadSummary, type Version } from "@threadstore/core";
import { mapConcurrently } from "@threadstore/core/documents";
import type { ThreadRecords } from "./context.ts";
import { documentText } from "./documents.ts";
import { CHECKPOINT_PREFIX, DELETION_MARK } from "./keys.ts";
import { LEASE_MS } from "./leases.ts";

/** Longer than a lease, also if the clocks of two processes do not run equally fast. */
const WAIT_MS = LEASE_MS + 100;

/**
 * Deletes all records of a thread. A mark makes the thread appear deleted at once: if the process is killed, the next
 * call that reads the thread from its latest checkpoint completes the deletion.
 */
export async function deleteThreadRecords(thread: ThreadRecords): Promise<void> {
  const { records } = thread;
  const { threads, cursor } = await records.listPage({ limit: 1 });
  // A page can be empty because it skips expired records.
  if (threads.length === 0 && cursor === undefined) return;
  const mark = documentText("langgraph-deletion", []);
  // A store's `ttlMs` must not apply: without the mark, the rest of the thread would appear again.
  await records.save(DELETION_MARK, mark, { overwrite: true, expiresAt: null });
  await deleteRecords(thread);
}

/**
 * Completes the deletion of a thread that is marked as deleted. Deletes checkpoints before the values that they need,
 * and the mark last. Several processes can do this at the same time. As soon as one of them has deleted the mark, the
 * thread can start again, so each of them deletes only versions of records that it listed while the mark existed.
 *
 * A run does not look for the mark before each checkpoint that it saves, but once in a lease. Therefore, this waits
 * before it deletes anything, until runs that have not seen the mark have saved their checkpoint, and before it removes
 * the mark, until runs that have seen a record before it was deleted have seen the mark, too. So it deletes either all
 * records of a checkpoint or none.
 */
export async function deleteRecords({ records, wait }: ThreadRecords): Promise<void> {
  for (;;) {
    const mark = await records.load(DELETION_MARK);
    if (mark === undefined) return;
    const { version } = mark;
    await wait(WAIT_MS);
    const isDeleted =
      (await deleteListed(records, CHECKPOINT_PREFIX, version)) && (await deleteListed(records, "", version));
    if (!isDeleted) continue;
    await wait(WAIT_MS);
    if (await deleteVersion(records, { id: DELETION_MARK, version })) return;
  }
}

/**
 * Deletes the records of a listing. Resolves with `false` if the mark no longer has this version, or if another process
 * has changed a record.
 */
async function deleteListed(records: ThreadStore, prefix: string, markVersion: Version): Promise<boolean> {
  let isDone = true;
  let cursor: string | undefined;
  do {
    const page = await records.listPage({ prefix, cursor });
    const listed = page.threads.filter(({ id }) => id !== DELETION_MARK);
    // Versions never repeat, so the mark existed when the page was listed.
    if (listed.length > 0 && (await records.load(DELETION_MARK))?.version !== markVersion) return false;
    await mapConcurrently(listed, async (summary) => {
      if (!(await deleteVersion(records, summary))) isDone = false;
    });
    ({ cursor } = page);
  } while (cursor !== undefined);
  return isDone;
}

/** Deletes a version of a record. Resolves with `false` if the record has changed or no longer exists. */
export async function deleteVersion(
  records: ThreadStore,
  { id, version }: Pick<ThreadSummary, "id" | "version">,
): Promise<boolean> {
  try {
    await records.delete(id, { previous: version });
    return true;
  } catch (error) {
    if (ThreadStoreError.is(error, "CONFLICT")) return false;
    throw error;
  }
}
