import type { SerializedThread } from "@threadstore/core";
import { AgentError } from "../agent-error.ts";
import type { ChatMessage } from "../chat/chat-message.ts";
import { deepFreeze, type JsonObject } from "./json.ts";
import { writeChatThread, type ChatThreadContent } from "./thread-format.ts";

/**
 * One conversation with a chat agent, as data. It holds the messages, not the agent's instructions,
 * tools, client or model: those belong to the agent that takes it up.
 *
 * A run adds its messages when it has ended well, all at once. After a failure or an abort the thread is
 * as before the run and can be run again.
 */
export interface ChatThread {
  readonly kind: "chat";
  /** The name of the agent whose thread this is. */
  readonly agent: string;
  /** The messages so far, oldest first; frozen. A later run makes a new array. */
  readonly messages: readonly ChatMessage[];
  /**
   * The thread as strict JSON, for a store; the caller's own copy. During a run it is the thread as before
   * that run.
   */
  serialize(): Promise<SerializedThread>;
  /** The same as {@link serialize}, so that JSON.stringify of a thread gives a whole one. */
  toJSON(): SerializedThread;
}

/** The thread as the agent sees it. */
export class ChatThreadState implements ChatThread {
  readonly kind = "chat";
  readonly agent: string;
  #messages: readonly ChatMessage[];
  readonly #extra: JsonObject;
  #busy = false;

  constructor(content: ChatThreadContent) {
    this.agent = content.agent;
    this.#messages = deepFreeze(content.messages);
    this.#extra = content.extra;
  }

  get messages(): readonly ChatMessage[] {
    return this.#messages;
  }

  append(messages: readonly ChatMessage[]): void {
    this.#messages = deepFreeze([...this.#messages, ...messages]);
  }

  /** Does `action` as the only run of this thread, or throws `THREAD_BUSY`. */
  async runAlone<Result>(action: () => Promise<Result>): Promise<Result> {
    if (this.#busy) {
      throw new AgentError(
        "THREAD_BUSY",
        "Another run of this thread has not ended. Await it first, or give each conversation a thread of its own.",
      );
    }
    this.#busy = true;
    try {
      return await action();
    } finally {
      this.#busy = false;
    }
  }

  toJSON(): SerializedThread {
    return writeChatThread({ agent: this.agent, messages: this.#messages, extra: this.#extra });
  }

  async serialize(): Promise<SerializedThread> {
    return this.toJSON();
  }
}
