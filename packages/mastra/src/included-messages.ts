import type { MastraDBMessage } from "@mastra/core/memory";
import type { StorageListMessagesInput } from "@mastra/core/storage";
import { mapConcurrently } from "@threadstore/core/documents";
import { messageOf } from "./messages.ts";
import type { ThreadRecords } from "./thread-records.ts";

type Include = NonNullable<StorageListMessagesInput["include"]>[number];

/** Messages that a query includes by id. */
export interface Inclusion {
  readonly include: readonly Include[];
  /** The messages of the threads that the query has loaded. */
  readonly candidates: readonly MastraDBMessage[];
  /** Whether the query may return a message. */
  readonly isOwned: (message: MastraDBMessage) => boolean;
}

/** Returns the included messages, each with the messages before and after it in its own thread. */
export async function includedMessages(
  records: ThreadRecords,
  { include, candidates, isOwned }: Inclusion,
): Promise<MastraDBMessage[]> {
  if (include.length === 0) return [];
  const threads = new Map<string | undefined, Promise<MastraDBMessage[]>>();
  for (const [threadId, messages] of Map.groupBy(candidates, (message) => message.threadId)) {
    threads.set(threadId, Promise.resolve(messages));
  }
  const threadOf = async (id: string): Promise<MastraDBMessage[]> => {
    const loaded = threads.get(id) ?? loadThread(records, id);
    threads.set(id, loaded);
    return loaded;
  };
  // Mastra takes the ids from a vector store, where other programs can leave them out.
  const named = include.filter(({ id }) => typeof id === "string" && id !== "");
  const windows = await mapConcurrently(named, async (item) => {
    const thread = await findThread(item, { records, candidates, threadOf });
    return windowOf(thread.filter(isOwned), item);
  });
  return windows.flat();
}

interface Search {
  readonly records: ThreadRecords;
  readonly candidates: readonly MastraDBMessage[];
  readonly threadOf: (id: string) => Promise<MastraDBMessage[]>;
}

/** Returns the messages of the thread that has a message. The `threadId` of the item can be wrong. */
async function findThread(
  { id, threadId: hint }: Include,
  { records, candidates, threadOf }: Search,
): Promise<MastraDBMessage[]> {
  const loaded = candidates.find((message) => message.id === id)?.threadId;
  if (loaded !== undefined) return threadOf(loaded);
  const hinted = typeof hint === "string" && hint !== "" ? await threadOf(hint) : [];
  if (hinted.some((message) => message.id === id)) return hinted;
  const location = await records.messageIndex.load(id);
  return location === undefined ? [] : threadOf(location.in);
}

async function loadThread(records: ThreadRecords, threadId: string): Promise<MastraDBMessage[]> {
  const loaded = await records.load(threadId);
  return loaded?.messages.map((message) => messageOf(message, threadId)) ?? [];
}

function windowOf(
  thread: readonly MastraDBMessage[],
  { id, withPreviousMessages = 0, withNextMessages = 0 }: Include,
): MastraDBMessage[] {
  const messages = thread.toSorted((a, b) => a.createdAt.getTime() - b.createdAt.getTime());
  const index = messages.findIndex((message) => message.id === id);
  if (index === -1) return [];
  return messages.slice(Math.max(0, index - withPreviousMessages), index + withNextMessages + 1);
}
