import type { StorageThreadType } from "@mastra/core/memory";
import { type StoredThread, ThreadStoreError } from "@threadstore/core";
import { unlessConflict } from "@threadstore/core/documents";
import type { Location } from "./location-index.ts";
import { checkedName, threadNotFound } from "./mastra-memory-error.ts";
import { readMessages, type StoredMessage, threadJson } from "./messages.ts";
import { threadOf } from "./thread-metadata.ts";
import type { ThreadRecord, ThreadRecords } from "./thread-records.ts";
import { untilUncontended } from "./until-uncontended.ts";

type MessageChange = (message: StoredMessage) => StoredMessage;

/**
 * Moves a thread and its messages to another resource. Completes a move that was interrupted. Rejects with
 * `THREAD_NOT_FOUND`.
 */
export async function changeResource(
  records: ThreadRecords,
  threadId: string,
  resourceId: string,
): Promise<StorageThreadType> {
  checkedName(resourceId, "resourceId");
  const change: MessageChange = (message) => ({ ...message, resourceId });
  await untilUncontended(async () => {
    const location = await records.locations.load(threadId);
    if (location === undefined) throw threadNotFound("threadId");
    return moveThread(records, threadId, { location, resourceId, change });
  });
  const head = await records.find(threadId);
  if (head === undefined) throw threadNotFound("threadId");
  return threadOf(head);
}

/**
 * Moves a thread from where `location` says: copies it, changes its location, and deletes the original. Rejects with
 * `CONFLICT` if another process moves it at the same time.
 */
export async function moveThread(
  records: ThreadRecords,
  threadId: string,
  move: { readonly location: Location; readonly resourceId: string; readonly change: MessageChange },
): Promise<true> {
  const { resourceId, change } = move;
  const location = await completeMove(records, threadId, move.location, change);
  if (location.in === resourceId) return true;
  const target = records.record(threadId, resourceId);
  const copy = await copyTo(target, { records, threadId, location, change, resourceId });
  const moved = { in: resourceId, movedFrom: location.in };
  try {
    const written = await records.locations.write(threadId, moved, location.version);
    records.remember(threadId, await completeMove(records, threadId, written, change));
    return true;
  } catch (error) {
    // Without a location, the thread was deleted meanwhile, and no listing may contain the copy.
    const isDeleted =
      ThreadStoreError.is(error, "CONFLICT") && (await records.locations.load(threadId)) === undefined;
    if (isDeleted) await unlessConflict(target.threads.delete(target.id, { previous: copy }));
    throw error;
  }
}

interface CopyOrder {
  readonly records: ThreadRecords;
  readonly threadId: string;
  readonly location: Location;
  readonly change: MessageChange;
  readonly resourceId: string;
}

const MOVED = "Another process has moved or deleted the thread. Repeat the call.";

/** Copies a thread to another resource. Rejects with `CONFLICT` if another process has moved it there. */
async function copyTo(
  target: ThreadRecord,
  { records, threadId, location, change, resourceId }: CopyOrder,
): Promise<StoredThread> {
  const source = records.record(threadId, location.in);
  // The copy of a move that was interrupted, or that is in progress in another process.
  const earlier = await target.threads.load(target.id);
  const stored = await source.threads.load(source.id);
  const current = await records.locations.load(threadId);
  // Otherwise others may have written to the copy. If they do so from now on, its version changes.
  if (current?.version !== location.version) throw new ThreadStoreError("CONFLICT", MOVED);
  if (stored === undefined) throw threadNotFound("threadId");
  const { expiresAt } = stored;
  return target.threads.save(target.id, threadJson(readMessages(stored).map(change)), {
    previous: earlier,
    metadata: { ...stored.metadata, resource: resourceId },
    ...(expiresAt === undefined ? {} : { expiresAt }),
  });
}

/** Deletes the original of a thread that was moved, with what other processes have appended to it meanwhile. */
async function completeMove(
  records: ThreadRecords,
  threadId: string,
  location: Location,
  change: MessageChange,
): Promise<Location> {
  const { movedFrom } = location;
  if (movedFrom === undefined) return location;
  const source = records.record(threadId, movedFrom);
  const target = records.record(threadId, location.in);
  await untilUncontended(async () => deleteOriginal(source, target, change));
  await moveObservations(
    records.observations(movedFrom, threadId),
    records.observations(location.in, threadId),
  );
  return records.locations.write(threadId, { in: location.in }, location.version);
}

/** Moves the observations of a thread. If a move was interrupted, the target may already have them. */
async function moveObservations(source: ThreadRecord, target: ThreadRecord): Promise<void> {
  await untilUncontended(async () => {
    const stored = await source.threads.load(source.id);
    if (stored === undefined) return true;
    const { json, expiresAt } = stored;
    await unlessConflict(target.threads.save(target.id, json, expiresAt === undefined ? {} : { expiresAt }));
    await source.threads.delete(source.id, { previous: stored });
    return true;
  });
}

async function deleteOriginal(
  source: ThreadRecord,
  target: ThreadRecord,
  change: MessageChange,
): Promise<true> {
  const [original, copy] = await Promise.all([
    source.threads.load(source.id),
    target.threads.load(target.id),
  ]);
  if (original === undefined) return true;
  const ids = new Set(copy === undefined ? [] : readMessages(copy).map(({ id }) => id));
  const added = readMessages(original).filter(({ id }) => !ids.has(id));
  // If the copy was deleted, so were the messages.
  if (added.length > 0) await unlessConflict(target.threads.append(target.id, added.map(change)));
  await source.threads.delete(source.id, { previous: original });
  return true;
}
