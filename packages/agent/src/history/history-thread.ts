import type { SerializedThread } from "@threadstore/core";
import { type JsonObject, THREAD_FORMAT } from "@threadstore/core/documents";
import { AgentError } from "../agent-error.ts";
import { deepFreeze } from "../json.ts";
import type { OpenTurn, Thread } from "../thread.ts";

/** The members of a serialized reference to a history. */
export interface HistoryReference {
  readonly kind: string;
  readonly version: number;
  readonly agent: string;
  readonly id: string;
  /** Members that this version does not know, which are written back. */
  readonly extra: JsonObject;
  readonly historyExtra: JsonObject;
}

/** A thread whose messages are in a store. It serializes to the id of its history, and never changes. */
export class HistoryThread implements Thread {
  readonly #reference: HistoryReference;
  readonly #create: () => Promise<void>;
  /** The thread in the store, as of the last run. */
  #current: Thread | undefined;
  #isStored: boolean;
  #isRunning = false;

  /** `create` stores an empty history, unless it exists. It is `undefined` for a history that was stored before. */
  constructor(reference: HistoryReference, create: (() => Promise<void>) | undefined) {
    this.#reference = reference;
    this.#isStored = create === undefined;
    this.#create = create ?? (async () => undefined);
  }

  /** Whether the store has had the history. If it does not have it any more, the conversation is lost. */
  get isStored(): boolean {
    return this.#isStored;
  }

  get kind(): string {
    return this.#reference.kind;
  }

  get agent(): string {
    return this.#reference.agent;
  }

  get historyId(): string {
    return this.#reference.id;
  }

  get messages(): readonly object[] {
    return this.#current?.messages ?? [];
  }

  get openTurn(): OpenTurn | undefined {
    return this.#current?.openTurn;
  }

  update(current: Thread): void {
    this.#current = current;
    this.#isStored = true;
  }

  /** Performs `work` as the only work on this thread. Rejects with `THREAD_BUSY` if there is another. */
  async runExclusively<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#isRunning) {
      throw new AgentError(
        "THREAD_BUSY",
        "Another run of this thread is in progress. Await it first, or deserialize the thread again for each request.",
      );
    }
    this.#isRunning = true;
    try {
      return await work();
    } finally {
      this.#isRunning = false;
    }
  }

  /** Resolves with the reference. A new thread first stores its empty history, so that the reference is valid. */
  async serialize(): Promise<SerializedThread> {
    if (!this.#isStored) await this.#create();
    this.#isStored = true;
    return this.#toReference();
  }

  toJSON(): SerializedThread {
    if (this.#isStored) return this.#toReference();
    throw new AgentError(
      "INVALID_ARGUMENT",
      "The history of this thread is not stored yet. Await `serialize` instead, which stores it.",
      { path: "thread" },
    );
  }

  #toReference(): SerializedThread {
    const { kind, version, agent, id, extra, historyExtra } = this.#reference;
    const history = { ...historyExtra, id };
    return deepFreeze({ format: THREAD_FORMAT, version, kind, agent, ...extra, history });
  }
}
