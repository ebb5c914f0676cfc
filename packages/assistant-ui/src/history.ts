import type {
  ExportedMessageRepositoryItem,
  GenericThreadHistoryAdapter,
  MessageFormatAdapter,
  MessageFormatItem,
  ThreadHistoryAdapter,
} from "@assistant-ui/react";
import type { JsonObject } from "@threadstore/core/documents";
import type { Deletion, MessageEntry } from "./message-entry.ts";
import { readPageMessages, readServerMessages } from "./read-messages.ts";
import { decodeMessage, encodeMessage, NATIVE_FORMAT, toJson } from "./stored-message.ts";
import { invalidArgument, ThreadApiError } from "./thread-api-error.ts";
import { threadPath } from "./thread-client.ts";
import type { Threads } from "./threads.ts";

/** The thread of a history, as assistant-ui has it. */
export interface HistoryThread {
  getState(): { readonly remoteId: string | undefined };
  initialize(): Promise<{ readonly remoteId: string }>;
}

/** Returns the thread that is shown; `undefined` if there is none. */
export type CurrentThread = () => HistoryThread | undefined;

/** Creates the history of the threads that `current` returns. */
export function threadHistory(threads: Threads, current: CurrentThread): ThreadHistoryAdapter {
  const isPage = threads.settings.writer === "page";
  const write = (...elements: (Deletion | MessageEntry)[]): Promise<void> =>
    append(threads, current(), elements);
  const upsert = async (item: ExportedMessageRepositoryItem): Promise<void> => {
    if (isPage) await threads.report(async () => write(encodeMessage(item)));
  };
  return {
    load: () =>
      threads.report(async () => {
        if (!isPage) throw needsFormat();
        const entries = await loadPageMessages(threads, current(), NATIVE_FORMAT);
        return { messages: entries.map(decodeMessage) };
      }),
    append: upsert,
    update: upsert,
    ...(isPage
      ? {
          delete: (items) => threads.report(() => write(...items.map(({ message: { id } }) => deletion(id)))),
        }
      : {}),
    withFormat: (format) => {
      const thread = pinnedThread(current);
      return isPage ? pageHistory(threads, thread, format) : serverHistory(threads, thread);
    },
  };
}

/** The thread of a history, which stays the same after the user opens another one. */
interface PinnedThread {
  /** Pins the thread that is shown. */
  readonly pin: () => HistoryThread | undefined;
  /** Returns the pinned thread. */
  readonly get: () => HistoryThread | undefined;
}

function pinnedThread(current: CurrentThread): PinnedThread {
  let pinned: HistoryThread | undefined;
  const pin = (): HistoryThread | undefined => (pinned = current() ?? pinned);
  return { pin, get: () => pinned ?? pin() };
}

/** Returns the history of messages that the server stores. Their format is that of the AI SDK. */
function serverHistory<Message>(
  threads: Threads,
  { pin }: PinnedThread,
): GenericThreadHistoryAdapter<Message> {
  return {
    pin,
    load: () =>
      threads.report(async () => {
        const thread = await loadThread(threads, pin());
        const messages = thread === undefined ? [] : readServerMessages(thread);
        return { messages: messages as unknown as MessageFormatItem<Message>[] };
      }),
    append: () => Promise.resolve(),
  };
}

/** Returns the history of messages that the page stores, in the format of its runtime. */
function pageHistory<Message, Stored extends Record<string, unknown>>(
  threads: Threads,
  thread: PinnedThread,
  adapter: MessageFormatAdapter<Message, Stored>,
): GenericThreadHistoryAdapter<Message> {
  const { format } = adapter;
  const write = (elements: readonly (Deletion | MessageEntry)[]): Promise<void> =>
    append(threads, thread.get(), elements);
  const upsert = async (item: MessageFormatItem<Message>): Promise<void> => {
    const { parentId, message } = item;
    await threads.report(async () =>
      write([
        { id: adapter.getId(message), parent_id: parentId, format, content: toJson(adapter.encode(item)) },
      ]),
    );
  };
  return {
    pin: thread.pin,
    load: () =>
      threads.report(async () => {
        const entries = await loadPageMessages(threads, thread.pin(), format);
        const messages = entries.map((entry) =>
          adapter.decode({ ...entry, content: entry.content as unknown as Stored }),
        );
        return { messages };
      }),
    append: upsert,
    update: upsert,
    delete: (items) =>
      threads.report(() => write(items.map(({ message }) => deletion(adapter.getId(message))))),
  };
}

function deletion(id: string): Deletion {
  return { id, deleted: true };
}

async function append(
  threads: Threads,
  thread: HistoryThread | undefined,
  elements: readonly (Deletion | MessageEntry)[],
): Promise<void> {
  if (thread === undefined || elements.length === 0) return;
  const { remoteId } = await thread.initialize();
  await threads.writer(remoteId).append(...elements);
}

async function loadPageMessages(
  threads: Threads,
  current: HistoryThread | undefined,
  format: string,
): Promise<MessageEntry[]> {
  const thread = await loadThread(threads, current);
  return thread === undefined ? [] : readPageMessages(thread, format);
}

/** Resolves with the stored thread; `undefined` for a new one. */
async function loadThread(
  threads: Threads,
  current: HistoryThread | undefined,
): Promise<JsonObject | undefined> {
  const id = current?.getState().remoteId;
  if (id === undefined) return undefined;
  await threads.settled(id);
  try {
    const { body } = await threads.send({ method: "GET", path: threadPath(id) });
    return body;
  } catch (error) {
    if (ThreadApiError.is(error, "NOT_FOUND") && threads.isNew(id)) return undefined;
    throw error;
  }
}

function needsFormat(): ThreadApiError {
  return invalidArgument("writer", "page for this runtime, because messages of the server need the AI SDK");
}
