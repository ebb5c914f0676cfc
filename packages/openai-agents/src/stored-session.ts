import {
  type StoredThread,
  type ThreadStore,
  ThreadStoreError,
  type UpdateChange,
  type UpdateOptions,
} from "@threadstore/core";
import { SessionError } from "./session-error.ts";
import {
  EMPTY_CONTENT,
  readSessionMembers,
  readSessionThread,
  type SessionContent,
  writeSessionThread,
} from "./session-thread.ts";

/**
 * Options of a session. `metadata`, `ttlMs`, `signal` and the others apply to each write, as in the store's
 * `update`.
 */
export interface ThreadSessionOptions extends UpdateOptions {
  readonly store: ThreadStore;
  /** The id of the thread in the store, which is also the session's id for the SDK. */
  readonly id: string;
}

/** Returns the new content of a session, or `undefined` to leave it unchanged. May be called several times. */
export type SessionChange = (content: SessionContent) => SessionContent | undefined;

/** The stored thread of one session. */
export interface StoredSession {
  read(): Promise<SessionContent>;
  change(change: SessionChange): Promise<void>;
  /** Removes all items, including corrupt ones. Rejects if the thread is not a session. */
  clear(): Promise<void>;
}

/** The version that this process has read or written last; `stored` is `undefined` if there was no thread. */
interface LatestVersion {
  readonly stored: StoredThread | undefined;
}

export function storedSession({ store, id, ...options }: ThreadSessionOptions): StoredSession {
  const { maxAttempts: _maxAttempts, ...saveOptions } = options;
  const { signal, timeoutMs } = options;
  let latest: LatestVersion | undefined;

  /**
   * Tries to save a change of the latest known version, which avoids a load. If that version is out of date, the
   * store rejects the save, or the change throws. Neither is conclusive, so `update` then decides.
   */
  async function changeLatest(change: (current: StoredThread | undefined) => UpdateChange): Promise<boolean> {
    if (latest === undefined) return false;
    try {
      const thread = change(latest.stored);
      if (thread === null) return false;
      latest = { stored: await store.save(id, thread, { ...saveOptions, previous: latest.stored }) };
      return true;
    } catch (error) {
      if (ThreadStoreError.is(error, "CONFLICT") || SessionError.is(error)) return false;
      throw error;
    }
  }

  async function update(change: (current: StoredThread | undefined) => UpdateChange): Promise<void> {
    if (await changeLatest(change)) return;
    latest = { stored: await store.update(id, change, options) };
  }

  return {
    async read() {
      const stored = await store.load(id, { cached: latest?.stored, signal, timeoutMs });
      latest = { stored };
      return contentOf(stored);
    },

    change: (change) =>
      update((current) => {
        const content = change(contentOf(current));
        return content === undefined ? null : writeSessionThread(content);
      }),

    clear: () =>
      update((current) => {
        if (current === undefined) return null;
        readSessionMembers(current.thread);
        return writeSessionThread(EMPTY_CONTENT);
      }),
  };
}

// Parses the JSON for each call, because callers own the items they get and `stored.thread` is always the same
// object.
function contentOf(stored: StoredThread | undefined): SessionContent {
  return stored === undefined ? EMPTY_CONTENT : readSessionThread(JSON.parse(stored.json));
}
