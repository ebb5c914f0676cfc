import type { ExportedMessageRepositoryItem, ThreadMessage } from "@assistant-ui/react";
import { memoryStore, type ThreadStore } from "@threadstore/core";
import { type ThreadHandler, threadHandler } from "@threadstore/http";
import { type HistoryThread, threadHistory } from "./history.ts";
import { readOptions, type ThreadListAdapterOptions } from "./options.ts";
import { appendMessages } from "./server.ts";
import type { ThreadApiError } from "./thread-api-error.ts";
import { threadList } from "./thread-list.ts";
import { Threads } from "./threads.ts";

/** Answers a request instead of the handler; `undefined` if the handler is to answer it. */
type Fault = (request: Request) => Promise<Response | undefined> | Response | undefined;

/** A page: a thread list, histories, the requests that they sent, and the errors that the page showed. */
export interface TestPage {
  readonly store: ThreadStore;
  readonly list: ReturnType<typeof threadList>;
  readonly requests: string[];
  readonly errors: ThreadApiError[];
  /** Passes a request to the handler. */
  readonly forward: ThreadHandler;
  /** Returns the history of the threads that a function returns. */
  openWith(current: () => TestThread | undefined): ReturnType<typeof threadHistory>;
  /** Opens a thread; without an id, a new one. */
  open(remoteId?: string): {
    readonly history: ReturnType<typeof threadHistory>;
    readonly thread: TestThread;
  };
}

/** A thread of a page. */
export interface TestThread extends HistoryThread {
  id(): string;
}

/** Creates a page whose requests the real handler answers, except for those that `fault` answers. */
export function createPage(
  options: Partial<ThreadListAdapterOptions> & { readonly store?: ThreadStore; readonly fault?: Fault } = {},
): TestPage {
  const { store = memoryStore(), fault, ...others } = options;
  const handler = threadHandler({ authorize: () => store, append: appendMessages });
  const requests: string[] = [];
  const errors: ThreadApiError[] = [];
  const threads = new Threads(
    readOptions({
      url: "http://localhost/threads",
      writer: "page",
      fetch: async (input, init) => {
        const request = new Request(input, init);
        requests.push(`${request.method} ${new URL(request.url).pathname}`);
        return (await fault?.(request)) ?? handler(request);
      },
      onError: (error) => errors.push(error),
      ...others,
    }),
  );
  const list = threadList(threads);
  return {
    store,
    list,
    requests,
    errors,
    forward: handler,
    openWith: (current) => threadHistory(threads, current),
    open: (remoteId) => {
      const thread = openThread(list, remoteId);
      return { thread, history: threadHistory(threads, () => thread) };
    },
  };
}

function openThread(list: ReturnType<typeof threadList>, existing: string | undefined): TestThread {
  let remoteId = existing;
  let initialized = existing === undefined ? undefined : Promise.resolve({ remoteId: existing });
  return {
    id: () => remoteId ?? "",
    getState: () => ({ remoteId }),
    initialize: () =>
      (initialized ??= list.initialize("local").then((created) => {
        ({ remoteId } = created);
        return created;
      })),
  };
}

/** Returns a message with its parent. */
export function item(
  id: string,
  parentId: string | null,
  text: string = id,
  role: "assistant" | "user" = "user",
): ExportedMessageRepositoryItem {
  const message = {
    id,
    role,
    createdAt: new Date("2026-11-30T09:00:00.123Z"),
    content: [{ type: "text", text }],
    ...(role === "user" ? { attachments: [] } : { status: { type: "complete", reason: "stop" } }),
    metadata: { custom: {} },
  };
  return { parentId, message: message as unknown as ThreadMessage };
}
