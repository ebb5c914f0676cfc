import type { StorageThreadType } from "@mastra/core/memory";
import type { StorageCloneThreadInput, StorageCopyThreadOutput } from "@mastra/core/storage";
import { createId, mapConcurrently, unlessConflict } from "@threadstore/core/documents";
import { checkedName, threadExists, threadNotFound } from "./mastra-memory-error.ts";
import { type StoredMessage, threadJson } from "./messages.ts";
import { metadataOf, threadOf } from "./thread-metadata.ts";
import type { ThreadRecords } from "./thread-records.ts";

/**
 * Copies a thread, with new ids of its messages. The copy appears as a whole. Rejects with `THREAD_NOT_FOUND` or
 * `THREAD_EXISTS`.
 */
export async function copyThread(
  records: ThreadRecords,
  { sourceThreadId, newThreadId, resourceId, title, metadata, options }: StorageCloneThreadInput,
): Promise<StorageCopyThreadOutput> {
  const source = await records.load(checkedName(sourceThreadId, "sourceThreadId"));
  if (source === undefined) throw threadNotFound("sourceThreadId");
  const id = newThreadId || createId();
  if ((await records.find(id)) !== undefined) throw threadExists();
  const { title: sourceTitle, resourceId: sourceResource } = threadOf(source.stored);
  const copied = selectedMessages(source.messages, options);
  const now = new Date();
  const lastMessageId = copied.at(-1)?.id;
  const clone = { sourceThreadId, clonedAt: now, ...(lastMessageId === undefined ? {} : { lastMessageId }) };
  const copyTitle = title || (sourceTitle ? `Clone of ${sourceTitle}` : undefined);
  const thread: StorageThreadType = {
    id,
    resourceId: resourceId || sourceResource,
    ...(copyTitle === undefined ? {} : { title: copyTitle }),
    metadata: { ...metadata, clone },
    createdAt: now,
    updatedAt: now,
  };
  const messageIdMap = Object.fromEntries(copied.map((message) => [message.id, createId()]));
  const messages = copied.map((message) => ({
    ...message,
    id: messageIdMap[message.id] ?? message.id,
    ...(resourceId ? { resourceId } : {}),
  }));
  await createThread(records, thread, messages);
  return { thread, messageIdMap };
}

async function createThread(
  records: ThreadRecords,
  thread: StorageThreadType,
  messages: readonly StoredMessage[],
): Promise<void> {
  const location = await records.locations.load(thread.id);
  const written = await unlessConflict(
    records.locations.write(thread.id, { in: thread.resourceId }, location?.version),
  );
  if (written === undefined) throw threadExists();
  await mapConcurrently(messages, async (message) =>
    records.messageIndex.overwrite(message.id, { in: thread.id }),
  );
  const { threads, id } = records.record(thread.id, thread.resourceId);
  const saved = threads.save(id, threadJson(messages), { metadata: metadataOf(thread) });
  if ((await unlessConflict(saved)) === undefined) throw threadExists();
  records.remember(thread.id, written);
}

/** Selects the messages to copy as the SDK's own stores do. */
function selectedMessages(
  messages: readonly StoredMessage[],
  { messageFilter, messageLimit }: NonNullable<StorageCloneThreadInput["options"]> = {},
): StoredMessage[] {
  const { startDate, endDate, messageIds = [] } = messageFilter ?? {};
  const ids = new Set(messageIds);
  const selected = messages
    .toSorted((a, b) => Date.parse(a.createdAt) - Date.parse(b.createdAt))
    .filter(({ id, createdAt }) => {
      const time = Date.parse(createdAt);
      if (ids.size > 0 && !ids.has(id)) return false;
      return !(startDate && time < startDate.getTime()) && !(endDate && time > endDate.getTime());
    });
  return messageLimit && messageLimit > 0 ? selected.slice(-messageLimit) : selected;
}
