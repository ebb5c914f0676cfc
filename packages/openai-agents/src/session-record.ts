import {
  ThreadStoreError,
  type StoredThread,
  type ThreadStore,
  type UpdateChange,
  type UpdateOptions,
} from "@threadstore/core";
import { SessionError } from "./session-error.ts";
import {
  checkIsSession,
  emptyContent,
  readSessionThread,
  writeSessionThread,
  type SessionContent,
} from "./session-thread.ts";

/** Where a session is kept, and how: `metadata`, `ttlMs`, `signal` and the rest are those of the store's `update`. */
export interface ThreadSessionOptions extends UpdateOptions {
  readonly store: ThreadStore;
  /** The thread's id in the store, and the session's id for the SDK. */
  readonly id: string;
}

/** What a session was and is to be; `undefined` leaves it as it is. May be called several times. */
export type SessionChange = (content: SessionContent) => SessionContent | undefined;

/** The thread of one session in its store. */
export interface SessionRecord {
  read(): Promise<SessionContent>;
  change(change: SessionChange): Promise<void>;
  /** Removes all items, also those that cannot be read; refuses a thread that is no session. */
  clear(): Promise<void>;
}

/** What this process saw last; `stored` is `undefined` where there was no thread. */
interface Seen {
  readonly stored: StoredThread | undefined;
}

export function sessionRecord({ store, id, ...options }: ThreadSessionOptions): SessionRecord {
  const { maxAttempts: _maxAttempts, ...saveOptions } = options;
  const { signal, timeoutMs } = options;
  let seen: Seen | undefined;

  /**
   * Saves on top of what was seen last, which spares the load. If that is out of date, the store refuses the save, or
   * the change refuses what it gets; neither proves anything, so both are left to `update`.
   */
  async function changeSeen(change: (current: StoredThread | undefined) => UpdateChange): Promise<boolean> {
    if (seen === undefined) return false;
    try {
      const thread = change(seen.stored);
      if (thread === null) return false;
      seen = { stored: await store.save(id, thread, { ...saveOptions, previous: seen.stored }) };
      return true;
    } catch (error) {
      if (ThreadStoreError.is(error, "CONFLICT") || SessionError.is(error)) return false;
      throw error;
    }
  }

  async function update(change: (current: StoredThread | undefined) => UpdateChange): Promise<void> {
    if (await changeSeen(change)) return;
    seen = { stored: await store.update(id, change, options) };
  }

  return {
    async read() {
      const stored = await store.load(id, { cached: seen?.stored, signal, timeoutMs });
      seen = { stored };
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
        checkIsSession(current.thread);
        return writeSessionThread(emptyContent);
      }),
  };
}

// Parsed anew each time: `stored.thread` is one object, and what is read here is handed to the caller.
function contentOf(stored: StoredThread | undefined): SessionContent {
  return stored === undefined ? emptyContent : readSessionThread(JSON.parse(stored.json));
}
