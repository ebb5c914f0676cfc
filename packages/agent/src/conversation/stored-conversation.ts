import type { StoredThread, ThreadText } from "@threadstore/core";
import type { Thread } from "../thread/thread.ts";
import type { ConversationSettings } from "./conversation-options.ts";
import type { LoadedConversation } from "./conversation.ts";

/** How a run replaces what it has checked out. */
interface Writer {
  readonly save: (
    text: ThreadText,
    previous: StoredThread | undefined,
    signal: AbortSignal | undefined,
  ) => Promise<StoredThread>;
  readonly remove: (previous: StoredThread) => Promise<void>;
}

/** A thread that one run works on, and the version of the store that it replaces. */
export class CheckedOut {
  readonly thread: Thread;
  readonly #writer: Writer;
  #stored: StoredThread | undefined;

  constructor(thread: Thread, stored: StoredThread | undefined, writer: Writer) {
    this.thread = thread;
    this.#stored = stored;
    this.#writer = writer;
  }

  /** The thread as it is stored, as far as this run knows. */
  get stored(): StoredThread | undefined {
    return this.#stored;
  }

  get loaded(): LoadedConversation<Thread> | undefined {
    return this.#stored && { thread: this.thread, stored: this.#stored };
  }

  /** Saves in the place of what this run last saw. Rejects with the store's error. */
  async save(text: ThreadText, signal?: AbortSignal): Promise<StoredThread> {
    this.#stored = await this.#writer.save(text, this.#stored, signal);
    return this.#stored;
  }

  /** Deletes what this run last saw. */
  async remove(): Promise<void> {
    if (this.#stored !== undefined) await this.#writer.remove(this.#stored);
    this.#stored = undefined;
  }
}

/** The conversation's thread in the store. */
export class StoredConversation {
  readonly #settings: ConversationSettings;
  /** What a load need not be sent again. */
  #latest: StoredThread | undefined;

  constructor(settings: ConversationSettings) {
    this.#settings = settings;
  }

  /** Loads the thread, or makes a new one where there is none. */
  async checkOut(signal?: AbortSignal): Promise<CheckedOut> {
    const { agent, store, id, deserialize } = this.#settings;
    const stored = await store.load(id, { cached: this.#latest, signal });
    this.#latest = stored;
    const thread =
      stored === undefined ? agent.getNewThread() : await agent.deserializeThread(stored.json, deserialize);
    return this.#checkedOut(thread, stored);
  }

  /** A thread that is to replace `stored`: what an agent makes of its JSON. */
  async revise(text: string, stored: StoredThread | undefined): Promise<CheckedOut> {
    const { agent, deserialize } = this.#settings;
    return this.#checkedOut(await agent.deserializeThread(text, deserialize), stored);
  }

  #checkedOut(thread: Thread, stored: StoredThread | undefined): CheckedOut {
    const { store, id, save } = this.#settings;
    return new CheckedOut(thread, stored, {
      save: async (text, previous, signal) => {
        this.#latest = await store.save(id, text, { ...save, previous, signal });
        return this.#latest;
      },
      remove: async (previous) => {
        await store.delete(id, { previous });
      },
    });
  }
}
