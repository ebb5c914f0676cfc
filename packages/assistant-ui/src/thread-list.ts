import type { RemoteThreadListAdapter, ThreadMessage } from "@assistant-ui/react";
import { createId } from "@threadstore/core/documents";
import { announceDeletion } from "./deletions.ts";
import { responseError, ThreadApiError } from "./thread-api-error.ts";
import { threadPath } from "./thread-client.ts";
import { checkId, readState, type Threads, type ThreadState } from "./threads.ts";
import { titleStream } from "./title.ts";

/** The calls of assistant-ui for the thread list. */
export type ThreadList = Omit<RemoteThreadListAdapter, "unstable_Provider" | "unstable_useAdapters"> &
  Pick<Required<RemoteThreadListAdapter>, "unarchive">;

type ThreadMetadata = Awaited<ReturnType<ThreadList["fetch"]>>;

const MAX_TITLE_ATTEMPTS = 5;

/** Returns the thread list as calls of the thread API. */
export function threadList(threads: Threads): ThreadList {
  const archive = async (id: string, archived: boolean): Promise<void> => {
    await threads.report(() => threads.patch(id, { archived }));
  };
  return {
    list: ({ after } = {}) => threads.report(() => listPage(threads, after)),
    // Nothing is sent: the first message creates the thread, so that the list has no empty threads.
    initialize: () => {
      const remoteId = createId();
      threads.create(remoteId);
      return Promise.resolve({ remoteId });
    },
    rename: async (id, title) => {
      await threads.report(() => threads.patch(id, { title: title.toWellFormed() }));
    },
    archive: (id) => archive(id, true),
    unarchive: (id) => archive(id, false),
    delete: (id) => threads.report(() => remove(threads, id)),
    fetch: (id) =>
      threads.report(async () => {
        // An empty patch changes nothing, and its response does not have the messages.
        const { state } = await threads.patch(id, {});
        return toMetadata(state);
      }),
    generateTitle: (id, messages) =>
      threads.report(async () => titleStream(await storeTitle(threads, id, messages))),
  };
}

async function listPage(
  threads: Threads,
  cursor: string | undefined,
): Promise<{ threads: ThreadMetadata[]; nextCursor?: string }> {
  const query = new URLSearchParams({ limit: String(threads.settings.pageSize) });
  if (cursor !== undefined) query.set("cursor", cursor);
  const { body } = await threads.send({ method: "GET", path: `?${query.toString()}` });
  const { threads: listed, cursor: nextCursor } = body;
  if (!Array.isArray(listed)) throw responseError("$.threads");
  const page = listed.map((each, index) => toMetadata(readState(each, `$.threads[${index}]`)));
  return typeof nextCursor === "string" ? { threads: page, nextCursor } : { threads: page };
}

function toMetadata({ id, title, isArchived, updatedAt, metadata }: ThreadState): ThreadMetadata {
  return {
    remoteId: id,
    status: isArchived ? "archived" : "regular",
    title,
    lastMessageAt: updatedAt,
    ...(Object.keys(metadata).length === 0 ? {} : { custom: metadata }),
  };
}

async function remove(threads: Threads, id: string): Promise<void> {
  checkId(id);
  await threads.settled(id);
  try {
    await threads.send({ method: "DELETE", path: threadPath(id) });
  } catch (error) {
    // Another tab deleted it first, or the server did not store any message of it.
    if (!ThreadApiError.is(error, "NOT_FOUND")) throw error;
  }
  threads.forget(id);
  announceDeletion(id);
}

/** Stores a title, unless the thread has one, which the user may have chosen. Resolves with the title. */
async function storeTitle(threads: Threads, id: string, messages: readonly ThreadMessage[]): Promise<string> {
  let title: string | undefined;
  for (let attempt = 1; ; attempt++) {
    try {
      const { state, etag } = await threads.patch(id, {});
      if (state.title !== undefined) return state.title;
      title ??= (await threads.settings.title(messages)).toWellFormed();
      if (title === "") return "";
      await threads.patch(id, { title }, etag === undefined ? {} : { "if-match": etag });
      return title;
    } catch (error) {
      // The server has not stored the first message yet. assistant-ui asks again after the answer.
      if (ThreadApiError.is(error, "NOT_FOUND") && threads.isNew(id)) return "";
      if (!ThreadApiError.is(error, "CONFLICT") || attempt === MAX_TITLE_ATTEMPTS) throw error;
    }
  }
}
