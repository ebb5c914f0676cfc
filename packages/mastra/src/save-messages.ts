import type { MastraDBMessage } from "@mastra/core/memory";
import { isJsonObject, mapConcurrently } from "@threadstore/core/documents";
import type { Place } from "./location-index.ts";
import { checkedName, invalidArgument, threadNotFound } from "./mastra-memory-error.ts";
import { checkedMessage, messageOf, type StoredMessage, updatedMessage } from "./messages.ts";
import type { ThreadRecords } from "./thread-records.ts";

/**
 * Appends messages to their threads. A message with the id of a stored one replaces it. All threads are written before
 * the call rejects with `THREAD_NOT_FOUND` for one of them.
 */
export async function saveMessages(records: ThreadRecords, messages: unknown): Promise<void> {
  if (!Array.isArray(messages)) throw invalidArgument("messages", "an array", messages);
  const checked = messages.map((message, index) => checkedMessage(message, `messages[${index}]`));
  const byThread = Map.groupBy(checked, ({ threadId }) => threadId);
  const outcomes = await Promise.allSettled(
    [...byThread].map(async ([threadId, each]) =>
      saveToThread(
        records,
        threadId,
        each.map(({ json }) => json),
      ),
    ),
  );
  for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
}

async function saveToThread(
  records: ThreadRecords,
  threadId: string,
  messages: readonly StoredMessage[],
): Promise<void> {
  if ((await records.locate(threadId)) === undefined) throw threadNotFound("threadId");
  const ids = new Set(messages.map(({ id }) => id));
  // Before the messages, so that each stored message can be found by its id.
  const locations = await mapConcurrently(ids, async (id) => records.messageIndex.claim(id, threadId));
  if ((await records.append(threadId, messages)) === undefined) throw threadNotFound("threadId");
  const moved = [...ids].flatMap((id, index) => {
    const { in: place = threadId, movedFrom = threadId } = locations[index] ?? {};
    return [place, movedFrom].filter((from) => from !== threadId).map((from) => ({ id, from }));
  });
  await removeMoved(records, threadId, moved);
}

/** Removes messages from the threads in which they were, after they were appended to `threadId`. */
async function removeMoved(
  records: ThreadRecords,
  threadId: string,
  moved: readonly { readonly id: string; readonly from: string }[],
): Promise<void> {
  for (const [from, messages] of Map.groupBy(moved, (message) => message.from)) {
    const ids = new Set(messages.map(({ id }) => id));
    const write = async (place: Place) =>
      mapConcurrently(ids, async (id) => records.messageIndex.overwrite(id, place));
    // So that the next change of the message removes it if this one is interrupted.
    await write({ in: threadId, movedFrom: from });
    await removeFrom(records, from, ids);
    await write({ in: threadId });
  }
}

async function removeFrom(records: ThreadRecords, threadId: string, ids: ReadonlySet<string>): Promise<void> {
  await records.rewrite(threadId, (messages) => {
    const rest = messages.filter(({ id }) => !ids.has(id));
    return rest.length === messages.length ? undefined : rest;
  });
}

/** Deletes messages, wherever they are. Those that do not exist are ignored. */
export async function deleteMessages(records: ThreadRecords, messageIds: unknown): Promise<void> {
  const byThread = await messagesByThread(records, checkedIds(messageIds));
  await mapConcurrently(byThread, async ([threadId, ids]) => {
    await removeFrom(records, threadId, new Set(ids));
    await mapConcurrently(ids, async (id) => records.messageIndex.delete(id));
  });
}

/** Changes messages by compare-and-set, and moves those that are given another thread. Missing ones are ignored. */
export async function updateMessages(records: ThreadRecords, updates: unknown): Promise<MastraDBMessage[]> {
  if (!Array.isArray(updates)) throw invalidArgument("messages", "an array", updates);
  const ids = updates.map((update: unknown, index) => {
    if (!isJsonObject(update)) throw invalidArgument(`messages[${index}]`, "an object", update);
    return checkedName(update["id"], `messages[${index}].id`);
  });
  const byThread = await messagesByThread(records, new Set(ids));
  const updated = new Map<string, MastraDBMessage>();
  await mapConcurrently(byThread, async ([threadId, threadIds]) => {
    for (const message of await updateInThread(records, threadId, { ids, updates, threadIds })) {
      updated.set(message.id, message);
    }
  });
  return [...new Set(ids)].flatMap((id) => updated.get(id) ?? []);
}

interface Updates {
  readonly ids: readonly string[];
  readonly updates: readonly unknown[];
  /** The ids of the messages in this thread. */
  readonly threadIds: readonly string[];
}

async function updateInThread(
  records: ThreadRecords,
  threadId: string,
  { ids, updates, threadIds }: Updates,
): Promise<MastraDBMessage[]> {
  const targets = new Map<string, string>();
  for (const [index, id] of ids.entries()) {
    const { threadId: target } = updates[index] as { readonly threadId?: unknown };
    if (target === undefined || !threadIds.includes(id)) continue;
    const path = `messages[${index}].threadId`;
    targets.set(id, checkedName(target, path));
    // Before anything is changed.
    if ((await records.find(checkedName(target, path))) === undefined) throw threadNotFound(path);
  }
  const changed = await changeInThread(records, threadId, (message) => {
    if (!threadIds.includes(message.id)) return message;
    return ids.reduce((result, id, index) => {
      return id === message.id ? updatedMessage(result, updates[index], `messages[${index}]`) : result;
    }, message);
  });
  const targetOf = ({ id }: StoredMessage) => targets.get(id) ?? threadId;
  for (const [target, moved] of Map.groupBy(changed, targetOf)) {
    if (target !== threadId) await saveToThread(records, target, moved);
  }
  return changed.map((message) => messageOf(message, targetOf(message)));
}

/** Replaces messages by compare-and-set. Resolves with those for which `change` returned another object. */
async function changeInThread(
  records: ThreadRecords,
  threadId: string,
  change: (message: StoredMessage) => StoredMessage,
): Promise<StoredMessage[]> {
  let changed: StoredMessage[] = [];
  await records.rewrite(threadId, (messages) => {
    const rewritten = messages.map(change);
    changed = rewritten.filter((message, index) => message !== messages[index]);
    return changed.length === 0 ? undefined : rewritten;
  });
  return changed;
}

/** Returns the ids by the threads in which the index says that they are. Completes moves that were interrupted. */
async function messagesByThread(
  records: ThreadRecords,
  ids: Iterable<string>,
): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>();
  await mapConcurrently(ids, async (id) => {
    const location = await records.messageIndex.load(id);
    if (location === undefined) return;
    const { in: threadId, movedFrom } = location;
    if (movedFrom !== undefined) await removeMoved(records, threadId, [{ id, from: movedFrom }]);
    found.set(threadId, [...(found.get(threadId) ?? []), id]);
  });
  return found;
}

function checkedIds(messageIds: unknown): Set<string> {
  if (!Array.isArray(messageIds)) throw invalidArgument("messageIds", "an array", messageIds);
  return new Set(messageIds.map((id, index) => checkedName(id, `messageIds[${index}]`)));
}
