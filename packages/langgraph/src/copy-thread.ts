import { type StoredThread, type ThreadStore, ThreadStoreError } from "@threadstore/core";
import { mapConcurrently } from "@threadstore/core/documents";
import { dataRecordsOf, readCheckpoint } from "./checkpoint.ts";
import type { ThreadRecords } from "./context.ts";
import { deleteRecords } from "./delete-thread.ts";
import { invalidValue, LangGraphStoreError } from "./errors.ts";
import { expiryOption } from "./expiry.ts";
import { findCheckpoints } from "./find-checkpoints.ts";
import { CHECKPOINT_PREFIX, DELETION_MARK, writesRecordId } from "./keys.ts";

/**
 * Copies the checkpoints of a thread, their pending writes and their values. A run can continue the source meanwhile:
 * checkpoints are read before the values that they refer to, and saved after them. Heads are not copied, because a
 * thread without one accepts any run.
 */
export async function copyRecords(sourceThread: ThreadRecords, targetThread: ThreadRecords): Promise<void> {
  const { records: source } = sourceThread;
  const { records: target } = targetThread;
  const checkpoints = await loadCheckpoints(sourceThread);
  if (checkpoints.length === 0) {
    throw invalidValue("INVALID_ARGUMENT", "sourceThreadId", "the id of a thread that has checkpoints");
  }
  const values = new Set(checkpoints.flatMap((stored) => dataRecordsOf(readCheckpoint(stored))));
  const writes = checkpoints.map(({ id }) => writesRecordId(id));
  await checkTarget(targetThread, new Set([...checkpoints.map(({ id }) => id), ...writes, ...values]));
  await mapConcurrently(values, async (id) => {
    const stored = await source.load(id);
    if (stored === undefined) throw missingValue();
    await copyRecord(target, stored);
  });
  await mapConcurrently(writes, async (id) => {
    const stored = await source.load(id);
    if (stored !== undefined) await copyRecord(target, stored);
  });
  // The oldest first, so that each checkpoint of an interrupted copy has its ancestors.
  for (const stored of checkpoints.toReversed()) await copyRecord(target, stored);
}

/** Loads all checkpoints of a thread, those of each namespace together, the latest first. */
async function loadCheckpoints(thread: ThreadRecords): Promise<StoredThread[]> {
  const { records: source } = thread;
  const ids: string[] = [];
  const listing = findCheckpoints(source, {
    prefix: CHECKPOINT_PREFIX,
    onDeletion: () => deleteRecords(thread),
  });
  for await (const { recordId } of listing) ids.push(recordId);
  const loaded = new Map<string, StoredThread>();
  await mapConcurrently(ids, async (id) => {
    const stored = await source.load(id);
    if (stored !== undefined) loaded.set(id, stored);
  });
  return ids.flatMap((id) => loaded.get(id) ?? []);
}

/** Throws `THREAD_EXISTS` if the target has any record other than those to copy. Completes a deletion of the target. */
async function checkTarget(thread: ThreadRecords, copied: ReadonlySet<string>): Promise<void> {
  const { records: target } = thread;
  if ((await target.load(DELETION_MARK)) !== undefined) await deleteRecords(thread);
  for await (const { id } of target.list({ limit: 1000 })) if (!copied.has(id)) throw threadExists();
}

/** Copies a record, unless an interrupted copy has already done so. */
async function copyRecord(target: ThreadStore, { id, json, expiresAt }: StoredThread): Promise<void> {
  const options = expiryOption(expiresAt?.getTime());
  try {
    await target.save(id, json, options);
  } catch (error) {
    if (!ThreadStoreError.is(error, "CONFLICT")) throw error;
    const existing = await target.load(id);
    if (existing?.json === json) return;
    if (existing === undefined || !hasGrown(existing.json, json)) throw threadExists();
    await target.save(id, json, { ...options, previous: existing });
  }
}

/** Returns whether a record equals an earlier one apart from elements that were appended since. Both end with `]}`. */
function hasGrown(earlier: string, later: string): boolean {
  return earlier.endsWith("]}") && later.startsWith(`${earlier.slice(0, -2)},`);
}

function missingValue(): LangGraphStoreError {
  const message =
    "A value of the source thread does not exist. Repeat the copy, or delete the checkpoint that refers to it.";
  return new LangGraphStoreError("THREAD_INVALID", message, { path: "sourceThreadId" });
}

function threadExists(): LangGraphStoreError {
  const message = "The target thread has other records. Copy to a new thread, or delete the target first.";
  return new LangGraphStoreError("THREAD_EXISTS", message, { path: "targetThreadId" });
}
