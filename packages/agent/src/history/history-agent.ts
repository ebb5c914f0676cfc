import { type SerializedThread, ThreadStoreError } from "@threadstore/core";
import { createId } from "@threadstore/core/documents";
import { AgentError, invalidValue } from "../agent-error.ts";
import { markWithHistory } from "../conversation/agents-with-history.ts";
import {
  type AnyAgent,
  type AnyConversationOptions,
  type AnyResult,
  readConversationOptions,
} from "../conversation/conversation-options.ts";
import type { Conversation } from "../conversation/conversation.ts";
import { openConversation } from "../conversation/open-conversation.ts";
import type { RunResult } from "../run-result.ts";
import type { AbandonedTurn, AbandonOptions } from "../run/abandon-turn.ts";
import type { Agent, DeserializeOptions } from "../run/agent.ts";
import type { ApprovalOptions, RunOptions } from "../run/run-options.ts";
import { type RunStream, startRunStream } from "../run/run-stream.ts";
import type { Thread } from "../thread.ts";
import type { ThreadKind } from "../thread/thread-kind.ts";
import { HistoryThread } from "./history-thread.ts";
import { readReference } from "./read-reference.ts";
import type { StoredHistoryOptions } from "./stored-history.ts";

type AnyConversation = Conversation<unknown, Thread, RunOptions, AnyResult, object>;

type RunTurn = (conversation: AnyConversation, options: RunOptions) => Promise<AnyResult>;

type StreamTurn = (conversation: AnyConversation, options: RunOptions) => RunStream<AnyResult, object>;

/**
 * Returns an agent whose threads are references to histories in a store. Throws `INVALID_ARGUMENT` for invalid options
 * of the history.
 */
export function withHistory<
  Input,
  AgentThread extends Thread,
  Options extends RunOptions,
  Result extends RunResult<AgentThread, object, object>,
  Event,
>(
  agent: Agent<Input, AgentThread, Options, Result, Event>,
  history: StoredHistoryOptions,
  kind: ThreadKind<string, object>,
): typeof agent {
  // The return type restores the types of the agent.
  const wrapped = new HistoryAgent(agent as unknown as AnyAgent, history, kind).toAgent();
  return markWithHistory(wrapped) as unknown as typeof agent;
}

class HistoryAgent {
  readonly #agent: AnyAgent;
  readonly #history: StoredHistoryOptions;
  readonly #kind: ThreadKind<string, object>;
  readonly #conversations = new WeakMap<HistoryThread, AnyConversation>();

  constructor(agent: AnyAgent, history: StoredHistoryOptions, kind: ThreadKind<string, object>) {
    this.#agent = agent;
    this.#history = history;
    this.#kind = kind;
    readConversationOptions(this.#conversationOptions(this.#toThread("new", undefined), {}));
  }

  toAgent(): AnyAgent {
    const { kind, name } = this.#agent;
    return {
      kind,
      name,
      getNewThread: () => this.#newThread(),
      run: async (input, thread, options) =>
        this.#run(thread ?? this.#newThread(), options, async (conversation, runOptions) =>
          conversation.run(input, runOptions),
        ),
      runStream: (input, thread, options) =>
        this.#stream(thread ?? this.#newThread(), options, (conversation, runOptions) =>
          conversation.runStream(input, runOptions),
        ),
      resume: async (thread, options) =>
        this.#run(thread, options, async (conversation, runOptions) => conversation.resume(runOptions)),
      resumeStream: (thread, options) =>
        this.#stream(thread, options, (conversation, runOptions) => conversation.resumeStream(runOptions)),
      abandon: async (thread, options) => this.#abandon(thread, options),
      deserializeThread: async (thread, options = {}) => this.#deserialize(thread, options),
    };
  }

  #newThread(): HistoryThread {
    const id: unknown = (this.#history.createId ?? createId)();
    if (typeof id !== "string" || id === "") {
      throw invalidValue(
        "INVALID_ARGUMENT",
        "history.createId",
        "a function that returns a non-empty string",
      );
    }
    return this.#toThread(id, async () => this.#create(id));
  }

  #toThread(id: string, create: (() => Promise<void>) | undefined): HistoryThread {
    const { kind, version } = this.#kind;
    const reference = { kind, version, agent: this.#agent.name, id, extra: {}, historyExtra: {} };
    return new HistoryThread(reference, create);
  }

  async #deserialize(value: SerializedThread | string, options: DeserializeOptions): Promise<HistoryThread> {
    const { acceptOtherAgent = false } = options;
    const reader = { kind: this.#kind, agent: this.#agent.name, acceptOtherAgent };
    const thread = new HistoryThread(readReference(value, reader), undefined);
    // The reference names the agent that the thread belongs to. Its history names the agent of the last run.
    const deserialize = { ...options, acceptOtherAgent: true };
    const conversation = openConversation(this.#conversationOptions(thread, deserialize));
    const loaded = await conversation.load().catch((error: unknown) => {
      // The reference is untrusted, and so is its id.
      if (!ThreadStoreError.is(error, "INVALID_ARGUMENT")) throw error;
      const message = "`$.history.id` must be an id that the store accepts.";
      throw new AgentError("THREAD_INVALID", message, { path: "$.history.id", cause: error });
    });
    if (loaded === undefined) throw historyMissing();
    thread.update(loaded.thread);
    this.#conversations.set(thread, conversation);
    return thread;
  }

  /** Stores an empty history. Does nothing if a run has stored it in the meantime. */
  async #create(id: string): Promise<void> {
    const { store, save } = this.#history;
    try {
      await store.save(id, await this.#agent.getNewThread().serialize(), { ...save });
    } catch (error) {
      if (!ThreadStoreError.is(error, "CONFLICT")) throw error;
    }
  }

  async #run(thread: Thread, options: RunOptions | undefined, turn: RunTurn): Promise<AnyResult> {
    const own = this.#requireOwnThread(thread);
    checkOptions(options);
    return this.#perform(own, async (conversation) => turn(conversation, { ...options }));
  }

  #stream(thread: Thread, options: RunOptions | undefined, turn: StreamTurn): RunStream<AnyResult, object> {
    return startRunStream(async (emit: (event: object) => void, signal) => {
      const own = this.#requireOwnThread(thread);
      checkOptions(options);
      return this.#perform(own, async (conversation) => {
        const stream = turn(conversation, { ...options, signal });
        for await (const event of stream) emit(event);
        return stream.result;
      });
    }, options?.signal);
  }

  /** Performs a turn. The thread has the state of the history afterwards, also if the turn failed or was stopped. */
  async #perform(
    thread: HistoryThread,
    turn: (conversation: AnyConversation) => Promise<AnyResult>,
  ): Promise<AnyResult> {
    return thread.runExclusively(async () => {
      const conversation = this.#open(thread);
      try {
        const result = await turn(conversation);
        thread.update(result.thread);
        return { ...result, thread };
      } catch (error) {
        // The error of the turn matters more than one of this load.
        const loaded = await conversation.load().catch(() => undefined);
        if (loaded !== undefined) thread.update(loaded.thread);
        throw error;
      }
    });
  }

  async #abandon(thread: Thread, options: AbandonOptions | undefined): Promise<AbandonedTurn> {
    const own = this.#requireOwnThread(thread);
    return own.runExclusively(async () => {
      const conversation = this.#open(own);
      const { turn, kept, removed } = await conversation.abandon(options);
      const loaded = await conversation.load();
      if (loaded !== undefined) own.update(loaded.thread);
      return { turn, kept, removed };
    });
  }

  #open(thread: HistoryThread): AnyConversation {
    const opened = this.#conversations.get(thread);
    if (opened !== undefined) return opened;
    const conversation = openConversation(this.#conversationOptions(thread, {}));
    this.#conversations.set(thread, conversation);
    return conversation;
  }

  #conversationOptions(thread: HistoryThread, deserialize: DeserializeOptions): AnyConversationOptions {
    const { lastTurns: _lastTurns, createId: _createId, ...options } = this.#history;
    const getNewThread = (): Thread => {
      // A lost history must not be continued as an empty one.
      if (thread.isStored) throw historyMissing();
      return this.#agent.getNewThread();
    };
    return { ...options, agent: { ...this.#agent, getNewThread }, id: thread.historyId, deserialize };
  }

  #requireOwnThread(thread: Thread): HistoryThread {
    if (!(thread instanceof HistoryThread)) {
      const message =
        "`thread` must be a thread of an agent that has a `history`. Create it with getNewThread or deserializeThread of this agent.";
      throw new AgentError("INVALID_ARGUMENT", message, { path: "thread" });
    }
    if (thread.kind === this.#agent.kind && thread.agent === this.#agent.name) return thread;
    throw new AgentError(
      "THREAD_MISMATCH",
      `The thread belongs to agent "${thread.agent}" of kind "${thread.kind}", and this agent is "${this.#agent.name}" of kind "${this.#agent.kind}". Run it with that agent.`,
    );
  }
}

function historyMissing(): AgentError {
  return new AgentError(
    "THREAD_INVALID",
    "The store does not have the history of this thread: it has expired, was deleted, or is in another store. Start a new thread, or restore the history.",
    { path: "$.history.id" },
  );
}

function checkOptions(options: (RunOptions & ApprovalOptions) | undefined): void {
  if (options?.onProgress === undefined) return;
  const message =
    "`onProgress` is not available to an agent with a `history`, whose steps are saved there. Use `journal: true` of storedHistory.";
  throw new AgentError("INVALID_ARGUMENT", message, { path: "onProgress" });
}
