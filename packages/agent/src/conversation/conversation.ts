import type { SaveOptions, StoredThread, ThreadStore } from "@threadstore/core";
import type { Agent, DeserializeOptions } from "../agent.ts";
import type { ApprovalOptions, RunOptions } from "../run/run-options.ts";
import type { RunResult } from "../run/run-result.ts";
import { startRunStream, type RunStream } from "../run/run-stream.ts";
import type { Thread } from "../thread/thread.ts";
import { appendMessages } from "./append.ts";
import {
  type AnyResult,
  type ConversationSettings,
  readConversationOptions,
} from "./conversation-options.ts";
import { postTurn, resumeTurn } from "./post-turn.ts";
import { StoredConversation } from "./stored-conversation.ts";

/** What a conversation is made of. */
export interface ConversationOptions<
  Input,
  AgentThread extends Thread,
  Options extends RunOptions,
  Result extends RunResult<AgentThread, object, object>,
  Event,
> {
  readonly agent: Agent<Input, AgentThread, Options, Result, Event>;
  /** Where the thread is kept; it stays the caller's to close. */
  readonly store: ThreadStore;
  /** The thread's id in the store. The first run creates it. */
  readonly id: string;
  /**
   * What happens when somebody else saved the thread while a turn ran. `rebase`: the turn is put behind the
   * other's; it was answered without knowing of that. `retry`: the turn is run again on the new thread, its
   * tools too. `reject`: the run is `CONVERSATION_CONFLICT`. That error and `SAVE_FAILED` hold the finished
   * turn as `result`, which `append` can still add.
   * @default "rebase"
   */
  readonly onConflict?: "rebase" | "retry" | "reject" | undefined;
  /**
   * Save during a turn as well: its input, each answer of the model that calls tools, and each tool result. When
   * the process dies, the next run, in whichever process, first goes on with that turn, and calls no tool again
   * whose result was saved. Takes the {@link lease}, since only who holds it can tell a dead turn from one
   * that another process works on.
   * @default false
   */
  readonly journal?: boolean | undefined;
  /**
   * Let one run at a time work on the conversation, among all processes; others wait. The lease is a record of
   * its own in the same store. One whose process died ends by itself.
   * @default what `journal` is
   */
  readonly lease?: boolean | LeaseOptions | undefined;
  /** What each save is given: metadata, and when the thread expires. */
  readonly save?: Pick<SaveOptions, "metadata" | "ttlMs"> | undefined;
  /** How the stored thread is taken up. */
  readonly deserialize?: DeserializeOptions | undefined;
}

export interface LeaseOptions {
  /**
   * After how many milliseconds a lease whose process died ends. It is renewed in a third of that.
   * @default 30000
   */
  readonly durationMs?: number | undefined;
  /**
   * How many milliseconds a run waits for its turn before it is `CONVERSATION_BUSY`.
   * @default 60000
   */
  readonly waitMs?: number | undefined;
}

/** What the store has of the conversation after a run. */
export interface Saved {
  readonly stored: StoredThread;
}

/** Besides the agent's events, those of a conversation. */
export type ConversationEvent =
  /** Somebody else saved first, and the turn begins again: what was told of it so far does not count. */
  { readonly type: "retry"; readonly attempt: number };

/** A conversation as the store has it. */
export interface LoadedConversation<AgentThread extends Thread> extends Saved {
  readonly thread: AgentThread;
}

/**
 * One conversation with an agent, kept in a store: each run loads the thread, runs the agent and saves. Safe to
 * use from any number of processes at once. Holds nothing but a copy of the last thread, so it can be made for
 * each request, or kept.
 *
 * Everything rejects with an `AgentError`, with the store's `ThreadStoreError` when it cannot load, or with the
 * signal's reason.
 */
export interface Conversation<
  Input,
  AgentThread extends Thread,
  Options extends RunOptions,
  Result extends RunResult<AgentThread, object, object>,
  Event,
> {
  readonly id: string;

  /**
   * Runs the agent on the stored thread, or a new one, and saves. Rejects as the agent's `run` does, and the
   * stored thread is as it was then, but that with a `journal` an open turn that has tool calls is kept for the
   * next run. Besides that with `CONVERSATION_CONFLICT`, `CONVERSATION_BUSY`, `LEASE_LOST` or `SAVE_FAILED`.
   */
  run(input: Input, options?: Options): Promise<Result & Saved>;
  /** The same, telling what happens while it happens. */
  runStream(input: Input, options?: Options): RunStream<Result & Saved, Event | ConversationEvent>;
  /** Goes on with the stored thread's open turn, with answers to its approvals, and saves. */
  resume(options?: Options & ApprovalOptions): Promise<Result & Saved>;
  /** The same, telling what happens while it happens. */
  resumeStream(options?: Options & ApprovalOptions): RunStream<Result & Saved, Event | ConversationEvent>;
  /** The stored thread; `undefined` when there is none. */
  load(options?: { readonly signal?: AbortSignal }): Promise<LoadedConversation<AgentThread> | undefined>;
  /** Adds messages of a finished turn, such as those of an error's `result`, behind whatever is stored. */
  append(
    messages: readonly AgentThread["messages"][number][],
    options?: { readonly signal?: AbortSignal },
  ): Promise<LoadedConversation<AgentThread>>;
  /** Deletes the stored thread. Whether there was one. */
  delete(options?: { readonly signal?: AbortSignal }): Promise<boolean>;
}

/** Binds an agent to a thread in a store. Throws `INVALID_ARGUMENT`; reads nothing yet. */
export function openConversation<
  Input,
  AgentThread extends Thread,
  Options extends RunOptions,
  Result extends RunResult<AgentThread, object, object>,
  Event,
>(
  options: ConversationOptions<Input, AgentThread, Options, Result, Event>,
): Conversation<Input, AgentThread, Options, Result, Event> {
  // The agent's own types are restored by what this returns.
  const settings = readConversationOptions(options as unknown as AnyOptions);
  return conversationOf(settings) as unknown as Conversation<Input, AgentThread, Options, Result, Event>;
}

type AnyOptions = ConversationOptions<unknown, Thread, RunOptions, AnyResult, object>;

function conversationOf(
  settings: ConversationSettings,
): Conversation<unknown, Thread, RunOptions, AnyResult, object> {
  const stored = new StoredConversation(settings);
  const { id, store } = settings;
  return {
    id,
    run: async (input, given) => postTurn(settings, stored, { input, given, ...unwatched(given) }),
    runStream: (input, given) =>
      startRunStream(
        async (emit, signal) => postTurn(settings, stored, { input, given, emit, signal }),
        given?.signal,
      ),
    resume: async (given) => resumeTurn(settings, stored, { given, ...unwatched(given) }),
    resumeStream: (given) =>
      startRunStream(
        async (emit, signal) => resumeTurn(settings, stored, { given, emit, signal }),
        given?.signal,
      ),
    load: async ({ signal } = {}) => (await stored.checkOut(signal)).loaded,
    append: async (messages, { signal } = {}) => appendMessages(stored, messages, signal),
    delete: async (given) => store.delete(id, given),
  };
}

function unwatched(given: RunOptions | undefined): { signal: AbortSignal; emit: undefined } {
  return { signal: given?.signal ?? new AbortController().signal, emit: undefined };
}
