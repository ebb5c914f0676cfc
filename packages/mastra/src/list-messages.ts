import type { MastraDBMessage } from "@mastra/core/memory";
import {
  calculatePagination,
  filterByDateRange,
  normalizePerPage,
  type StorageListMessagesByResourceIdInput,
  type StorageListMessagesInput,
  type StorageListMessagesOutput,
  storageMessageMatchesMetadataFilter,
  validateStorageMetadataFilter,
} from "@mastra/core/storage";
import { mapConcurrently } from "@threadstore/core/documents";
import { includedMessages } from "./included-messages.ts";
import { checkedName, invalidArgument } from "./mastra-memory-error.ts";
import { messageOf } from "./messages.ts";
import { threadOf } from "./thread-metadata.ts";
import type { ThreadRecords } from "./thread-records.ts";

const DEFAULT_PER_PAGE = 40;

type ListOptions = Omit<StorageListMessagesInput, "resourceId" | "threadId">;

/** Lists messages of threads. Reads these threads as a whole. */
export async function listMessages(
  records: ThreadRecords,
  { threadId, resourceId, ...options }: StorageListMessagesInput,
): Promise<StorageListMessagesOutput> {
  const threadIds = new Set(Array.isArray(threadId) ? threadId : [threadId]);
  if (threadIds.size === 0 || ![...threadIds].every(isText)) {
    throw invalidArgument("threadId", "a non-empty string or an array of non-empty strings");
  }
  return listed(await loadMessages(records, threadIds), { records, options, resourceId });
}

/** Lists the messages of a resource in the threads of this resource, all of which it reads. */
export async function listMessagesByResource(
  records: ThreadRecords,
  { resourceId, ...options }: StorageListMessagesByResourceIdInput,
): Promise<StorageListMessagesOutput> {
  checkedName(resourceId, "resourceId");
  const threadIds: string[] = [];
  for await (const summary of records.list(resourceId)) {
    if (!summary.corrupt) threadIds.push(threadOf(summary).id);
  }
  return listed(await loadMessages(records, threadIds), { records, options, resourceId });
}

/** Loads messages by their ids, oldest first. Missing ones are left out. */
export async function messagesById(
  records: ThreadRecords,
  messageIds: readonly string[],
): Promise<MastraDBMessage[]> {
  const ids = new Set(messageIds.filter(isText));
  const places = await mapConcurrently(ids, async (id) => (await records.messageIndex.load(id))?.in ?? []);
  const messages = await loadMessages(records, new Set(places.flat()));
  return inOrder(
    messages.filter(({ id }) => ids.has(id)),
    messages,
  );
}

async function loadMessages(records: ThreadRecords, threadIds: Iterable<string>): Promise<MastraDBMessage[]> {
  const threads = await mapConcurrently(threadIds, async (threadId) => {
    const loaded = await records.load(threadId);
    return loaded?.messages.map((message) => messageOf(message, threadId)) ?? [];
  });
  return threads.flat();
}

function isText(name: unknown): boolean {
  return typeof name === "string" && name.trim() !== "";
}

interface Query {
  readonly records: ThreadRecords;
  readonly options: ListOptions;
  readonly resourceId: string | undefined;
}

/** Selects a page of messages as the SDK's own stores do, and adds those that the query includes by id. */
async function listed(
  candidates: MastraDBMessage[],
  { records, options, resourceId }: Query,
): Promise<StorageListMessagesOutput> {
  const { include = [], filter, page = 0, perPage: requested, orderBy } = options;
  const metadata = checkedFilter(filter?.metadata);
  const direction = orderBy?.direction === "DESC" ? "DESC" : "ASC";
  const pageSize = checkedPageSize(page, requested);
  const { offset, perPage } = calculatePagination(page, requested, pageSize);
  const isOwned = ({ resourceId: owner }: MastraDBMessage) => !resourceId || owner === resourceId;
  const matching = filterByDateRange(
    candidates.filter((each) => isOwned(each) && storageMessageMatchesMetadataFilter(each.content, metadata)),
    ({ createdAt }) => createdAt,
    filter?.dateRange,
  );
  const isEmpty = pageSize === 0;
  const ascending = inOrder(matching, candidates);
  const selected = isEmpty ? [] : inDirection(ascending, direction).slice(offset, offset + pageSize);
  const included = await includedMessages(records, { include, candidates, isOwned });
  const byId = new Map([...selected, ...included].map((message) => [message.id, message]));
  const total = isEmpty ? 0 : matching.length;
  // The messages that are included by id can be the remaining ones.
  const hasMore = offset + selected.length < total && !matching.every(({ id }) => byId.has(id));
  const messages = inDirection(inOrder([...byId.values()], candidates), direction);
  return { messages, total, page, perPage, hasMore };
}

/** Sorts messages by their time, and those of the same time in the order in which they were saved. */
function inOrder(
  messages: readonly MastraDBMessage[],
  candidates: readonly MastraDBMessage[],
): MastraDBMessage[] {
  const positions = new Map(candidates.map(({ id }, index) => [id, index]));
  const positionOf = ({ id }: MastraDBMessage) => positions.get(id) ?? positions.size;
  return messages.toSorted(
    (a, b) => a.createdAt.getTime() - b.createdAt.getTime() || positionOf(a) - positionOf(b),
  );
}

/** Descending is exactly the reverse of ascending, so that a page of the last messages, reversed, is in order. */
function inDirection(messages: readonly MastraDBMessage[], direction: "ASC" | "DESC"): MastraDBMessage[] {
  return direction === "ASC" ? [...messages] : messages.toReversed();
}

function checkedPageSize(page: unknown, requested: number | false | undefined): number {
  if (!Number.isSafeInteger(page) || Number(page) < 0) {
    throw invalidArgument("page", "a non-negative integer", page);
  }
  try {
    return normalizePerPage(requested, DEFAULT_PER_PAGE);
  } catch {
    throw invalidArgument("perPage", "a non-negative integer or `false`", requested);
  }
}

function checkedFilter(
  metadata: Parameters<typeof validateStorageMetadataFilter>[0],
): ReturnType<typeof validateStorageMetadataFilter> {
  try {
    return validateStorageMetadataFilter(metadata);
  } catch {
    throw invalidArgument("filter.metadata", "an object of strings, finite numbers, booleans and nulls");
  }
}
