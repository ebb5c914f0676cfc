import { callsInOrder, createId } from "@threadstore/core/documents";
import type { LogElement } from "./message-entry.ts";
import type { Settings } from "./options.ts";
import { ThreadApiError, type ThreadApiErrorCode, requestError } from "./thread-api-error.ts";
import { send, threadPath } from "./thread-client.ts";

/** Errors after which the server may accept the same messages later. */
const TEMPORARY: readonly ThreadApiErrorCode[] = [
  "BUSY",
  "FORBIDDEN",
  "INVALID_RESPONSE",
  "SERVER_ERROR",
  "SIGNED_OUT",
  "UNREACHABLE",
];

/** Messages that one request stores. The server stores those with the same key once. */
interface Batch {
  readonly key: string;
  readonly elements: readonly LogElement[];
}

/** Appends the messages of one thread, one after the other, so that each follows its parent. */
export class ThreadWriter {
  readonly #settings: Settings;
  readonly #id: string;
  /** Messages that may not be stored yet, which the next append sends again before its own. */
  #unsent: readonly Batch[] = [];
  #isStored: boolean;
  #isDeleted = false;
  readonly #inOrder = callsInOrder();

  /** A thread that is new is created with its first message. */
  constructor(settings: Settings, id: string, isNew: boolean) {
    this.#settings = settings;
    this.#id = id;
    this.#isStored = !isNew;
  }

  /** Whether the thread may exist on the server. */
  get isStored(): boolean {
    return this.#isStored;
  }

  append(...elements: readonly LogElement[]): Promise<void> {
    return this.#inOrder(() => this.#send(elements));
  }

  /** Resolves after the appends that have been called. */
  async settled(): Promise<void> {
    await this.#inOrder(() => Promise.resolve());
  }

  /**
   * Notes that another tab has deleted the thread. If the response to the first append is lost, this page may create the
   * thread after that, because it cannot know that the append had been applied. It is then deleted again.
   */
  async deleted(): Promise<void> {
    this.#isDeleted = true;
    // After an append that is being sent. If this fails, the next append repeats it.
    await this.#inOrder(() => this.#delete());
  }

  async #delete(): Promise<void> {
    this.#unsent = [];
    try {
      await send(this.#settings, { method: "DELETE", path: threadPath(this.#id) });
    } catch (error) {
      if (!ThreadApiError.is(error, "NOT_FOUND")) throw error;
    }
  }

  async #send(elements: readonly LogElement[]): Promise<void> {
    if (this.#isDeleted) {
      await this.#delete();
      throw requestError("NOT_FOUND");
    }
    const batches = [...this.#unsent, { key: createId(), elements }];
    this.#unsent = [];
    const refusals: unknown[] = [];
    for (const [index, batch] of batches.entries()) {
      try {
        await this.#post(batch);
      } catch (error) {
        if (ThreadApiError.is(error, "NOT_FOUND")) throw error;
        if (TEMPORARY.some((code) => ThreadApiError.is(error, code))) {
          this.#unsent = batches.slice(index);
          throw error;
        }
        // The server can accept the messages after these.
        refusals.push(error);
      }
    }
    if (refusals.length > 0) throw refusals[0];
  }

  async #post({ key, elements }: Batch): Promise<void> {
    // A thread that was deleted, such as in another tab, is not created again.
    const headers = { "idempotency-key": key, ...(this.#isStored ? { "if-match": "*" } : {}) };
    const path = `${threadPath(this.#id)}/elements`;
    try {
      await send(this.#settings, { method: "POST", path, body: { elements }, headers });
      this.#isStored = true;
    } catch (error) {
      const isDeleted = this.#isStored && ThreadApiError.is(error) && error.status === 412;
      throw isDeleted ? requestError("NOT_FOUND", { status: 412, problem: error.problem }) : error;
    }
  }
}
