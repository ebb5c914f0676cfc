import type { StorageThreadType } from "@mastra/core/memory";
import { ThreadStoreError } from "@threadstore/core";
import { mapConcurrently, unlessConflict } from "@threadstore/core/documents";
import { jsonObjectOf } from "./documents.ts";
import { checkedName, MastraMemoryError } from "./mastra-memory-error.ts";
import type { Input } from "./memory-calls.ts";
import { readMessages, threadJson } from "./messages.ts";
import { moveThread } from "./move-thread.ts";
import { changedMetadata, metadataOf, savedNow, threadOf } from "./thread-metadata.ts";
import { findHead, type ThreadRecord, type ThreadRecords } from "./thread-records.ts";
import { untilUncontended } from "./until-uncontended.ts";

const EMPTY_THREAD = threadJson([]);

/** Creates a thread, or replaces its title, metadata, times and resource. Its messages are kept. */
export async function saveThread(records: ThreadRecords, thread: StorageThreadType): Promise<void> {
  const { id: threadId, resourceId } = thread;
  const metadata = metadataOf(thread, EMPTY_THREAD.length);
  await untilUncontended(async () => {
    const location = await records.locations.load(threadId);
    const current = location && records.record(threadId, location.in);
    const head = current && (await findHead(current.threads, current.id));
    if (location !== undefined && current !== undefined && head !== undefined) {
      // Also completes a move to this resource that was interrupted.
      if (location.in !== resourceId || location.movedFrom !== undefined) {
        await moveThread(records, threadId, { location, resourceId, change: (message) => message });
        return undefined;
      }
      const replaced = metadataOf(thread, head.size);
      return current.threads.touch(current.id, { metadata: replaced, previous: head.version });
    }
    // Also renews an entry without a thread, so that a deletion in progress does not delete it.
    const written = await records.locations.write(threadId, { in: resourceId }, location?.version);
    const { threads, id } = records.record(threadId, resourceId);
    const created = await unlessConflict(threads.save(id, EMPTY_THREAD, { metadata }));
    if (created !== undefined) records.remember(threadId, written);
    return created;
  });
}

/** Changes the title or the metadata of a thread, and keeps the other one. Rejects with `THREAD_NOT_FOUND`. */
export async function updateThread(
  records: ThreadRecords,
  threadId: string,
  change: (thread: StorageThreadType) => Pick<StorageThreadType, "metadata" | "title"> | undefined,
): Promise<StorageThreadType | undefined> {
  const head = await records.touch(threadId, (current) => {
    const thread = threadOf(current);
    const changes = change(thread);
    if (changes === undefined) return undefined;
    const { metadata, ...title } = changes;
    const added = metadata === undefined ? undefined : jsonObjectOf(metadata, "metadata");
    const merged = added === undefined ? {} : { metadata: { ...thread.metadata, ...added } };
    return { ...savedNow(current.metadata ?? {}), ...changedMetadata({ ...title, ...merged }) };
  });
  return head && threadOf(head);
}

/** Changes the metadata of a thread, if it belongs to the resource. Resolves with `null` otherwise. */
export async function updateThreadOf(
  records: ThreadRecords,
  { id, resourceId, update }: Input<"updateThreadMetadata">,
): Promise<StorageThreadType | null> {
  const thread = await updateThread(records, checkedName(id, "id"), (current) => {
    if (resourceId !== undefined && current.resourceId !== resourceId) return undefined;
    const metadata = update(current);
    return metadata && { metadata };
  });
  return thread === undefined || (resourceId !== undefined && thread.resourceId !== resourceId)
    ? null
    : thread;
}

/** Deletes a thread, and then what leads to it. Deleting a missing thread changes nothing. */
export async function deleteThread(records: ThreadRecords, threadId: string): Promise<void> {
  checkedName(threadId, "threadId");
  const location = await records.locations.load(threadId);
  records.remember(threadId, undefined);
  if (location === undefined) return;
  const places = location.movedFrom === undefined ? [location.in] : [location.movedFrom, location.in];
  const messageIds = new Set<string>();
  for (const place of places) {
    const record = records.record(threadId, place);
    for (const id of await messageIdsOf(record)) messageIds.add(id);
    await record.threads.delete(record.id);
    const observations = records.observations(place, threadId);
    await observations.threads.delete(observations.id);
  }
  await records.locations.delete(threadId, location.version);
  await mapConcurrently(messageIds, async (id) => records.messageIndex.delete(id));
}

/** Returns the ids of the messages of a thread, or none if it cannot be read: it can be deleted all the same. */
async function messageIdsOf({ threads, id }: ThreadRecord): Promise<string[]> {
  try {
    const stored = await threads.load(id);
    return stored === undefined ? [] : readMessages(stored).map((message) => message.id);
  } catch (error) {
    if (MastraMemoryError.is(error) || ThreadStoreError.is(error, "CORRUPT")) return [];
    throw error;
  }
}
