import { type SerializedThread, type StoredThread, ThreadStoreError } from "@threadstore/core";
import type { Thread } from "../thread.ts";
import type { ConversationSettings } from "./conversation-options.ts";
import type { LoadedConversation } from "./conversation.ts";

/** How often a change starts over. Each lost race means that another save won, so together they make progress. */
export const MAX_RACES = 100;

/** Writes a conversation's thread. */
interface Writer {
  readonly save: (
    thread: SerializedThread | string,
    previous: StoredThread | undefined,
    signal: AbortSignal | undefined,
  ) => Promise<StoredThread>;
  readonly remove: (previous: StoredThread) => Promise<void>;
  readonly load: (signal: AbortSignal | undefined) => Promise<StoredThread | undefined>;
}

/** A thread loaded for one update, with the stored version that the update replaces. */
export class UpdatableThread {
  readonly thread: Thread;
  readonly #writer: Writer;
  #stored: StoredThread | undefined;

  constructor(thread: Thread, stored: StoredThread | undefined, writer: Writer) {
    this.thread = thread;
    this.#stored = stored;
    this.#writer = writer;
  }

  /** The stored version that the next save replaces. */
  get stored(): StoredThread | undefined {
    return this.#stored;
  }

  get loaded(): LoadedConversation<Thread> | undefined {
    return this.#stored && { thread: this.thread, stored: this.#stored };
  }

  /**
   * Replaces {@link stored}. If only its metadata or expiry has changed since it was loaded, for example because a user
   * renamed the conversation, replaces that version instead. Rejects with the store's error.
   */
  async save(thread: SerializedThread | string, signal?: AbortSignal): Promise<StoredThread> {
    for (;;) {
      try {
        this.#stored = await this.#writer.save(thread, this.#stored, signal);
        return this.#stored;
      } catch (error) {
        const current = ThreadStoreError.is(error, "CONFLICT") ? await this.#writer.load(signal) : undefined;
        const isSameThread = current !== undefined && current.json === this.#stored?.json;
        if (!isSameThread || current.version === this.#stored?.version) throw error;
        this.#stored = current;
      }
    }
  }

  /** Deletes {@link stored}. */
  async remove(): Promise<void> {
    if (this.#stored !== undefined) await this.#writer.remove(this.#stored);
    this.#stored = undefined;
  }
}

/** A conversation's thread in the store. */
export class StoredConversation {
  readonly #settings: ConversationSettings;
  /** The last version, which the store does not have to transfer again. */
  #cached: StoredThread | undefined;

  constructor(settings: ConversationSettings) {
    this.#settings = settings;
  }

  /** Loads the thread for update, or creates one if it does not exist. */
  async loadForUpdate(signal?: AbortSignal): Promise<UpdatableThread> {
    const { agent, store, id, deserialize } = this.#settings;
    const stored = await store.load(id, { cached: this.#cached, signal });
    this.#cached = stored;
    const thread =
      stored === undefined ? agent.getNewThread() : await agent.deserializeThread(stored.json, deserialize);
    return this.#updatable(thread, stored);
  }

  /** Ends the open turn of a loaded thread if it does not continue by itself. Other open turns stay. */
  async endStoppedTurn(thread: Thread): Promise<void> {
    const state = thread.openTurn?.state;
    if (state === "stopped" || state === "failed") await this.#settings.agent.abandon(thread);
  }

  /** Returns the thread with other JSON, for replacing `stored`. */
  async revise(json: string, stored: StoredThread | undefined): Promise<UpdatableThread> {
    const { agent, deserialize } = this.#settings;
    return this.#updatable(await agent.deserializeThread(json, deserialize), stored);
  }

  #updatable(thread: Thread, stored: StoredThread | undefined): UpdatableThread {
    const { store, id, save } = this.#settings;
    return new UpdatableThread(thread, stored, {
      save: async (content, previous, signal) => {
        this.#cached = await store.save(id, content, { ...save, previous, signal });
        return this.#cached;
      },
      load: async (signal) => store.load(id, { signal }),
      remove: async (previous) => {
        await store.delete(id, { previous });
      },
    });
  }
}
