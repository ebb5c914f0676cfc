import type { StoredThread } from "@threadstore/core";
import type { RunResult } from "../run-result.ts";
import type { AbandonedTurn, AbandonOptions } from "../run/abandon-turn.ts";
import type { ApprovalOptions, RunOptions } from "../run/run-options.ts";
import type { RunStream } from "../run/run-stream.ts";
import type { OpenTurn, Thread } from "../thread.ts";

/** The saved state of a conversation after a run. */
export interface Saved {
  readonly stored: StoredThread;
}

/** An earlier turn that was still open when a run started. */
export interface Settled<Result, Message extends object> {
  /** The result of the earlier turn, if the run resumed it first. */
  readonly resumed: Result | undefined;
  /** The messages kept and removed of the earlier turn, if the run closed it first. */
  readonly closed: AbandonedTurn<Message> | undefined;
}

/** The result of `run` of a conversation. */
export type ConversationResult<Result, AgentThread extends Thread> = Result &
  Saved &
  Settled<Result & Saved, AgentThread["messages"][number]>;

/** An event of a streamed conversation, in addition to those of the agent. */
export type ConversationEvent =
  /** Another writer saved first, and the turn starts again. Discard its earlier events. */
  | { readonly type: "retry"; readonly attempt: number }
  /** An earlier turn is resumed first. The events until `turn-resumed` or `turn-closed` belong to it. */
  | { readonly type: "turn-resuming"; readonly turn: OpenTurn }
  | { readonly type: "turn-resumed"; readonly turn: OpenTurn; readonly result: object }
  /** An earlier turn was closed first. */
  | { readonly type: "turn-closed"; readonly closed: AbandonedTurn };

/** A conversation as it is stored. */
export interface LoadedConversation<AgentThread extends Thread> extends Saved {
  readonly thread: AgentThread;
}

export interface RewindOptions {
  /**
   * The number of turns to remove: each is a question with all that follows it. If there are fewer, all are removed.
   * @default 1
   */
  readonly turns?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A conversation whose last turns were removed. */
export interface RewoundConversation<AgentThread extends Thread> {
  readonly thread: AgentThread;
  /** `undefined` if the conversation does not exist. */
  readonly stored: StoredThread | undefined;
  /** The messages that were removed, oldest first: the first of them is the question to edit or to ask again. */
  readonly removed: readonly AgentThread["messages"][number][];
}

/**
 * A conversation with an agent, persisted in a store: each run loads the thread, runs the agent and saves. Any number
 * of processes may use it concurrently. The object only caches the last thread, so it can be created per request or
 * kept.
 *
 * Every method rejects with an `AgentError`, with the store's `ThreadStoreError` if loading fails, or with the
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
   * Runs the agent on the stored thread, or on a new one, and saves. First continues or ends a turn that is still open,
   * under the lease: see `openTurn`. Rejects as the agent's `run` does; the stored thread is then unchanged, except that
   * with `journal` a turn that has tool calls stays open, and with `onStop: "keep"` one that was stopped. Also rejects
   * with `CONVERSATION_CONFLICT`, `CONVERSATION_BUSY`, `LEASE_LOST`, `SAVE_FAILED` or `TOO_MANY_ATTEMPTS`.
   */
  run(input: Input, options?: Options): Promise<ConversationResult<Result, AgentThread>>;
  /** Does the same as `run` and emits events while it does. */
  runStream(
    input: Input,
    options?: Options,
  ): RunStream<ConversationResult<Result, AgentThread>, Event | ConversationEvent>;
  /**
   * Continues the open turn of the stored thread, with decisions on its approvals, and saves each step, with or without
   * `journal`: that a call has started before it runs, and its result before the model receives it. So the stored
   * thread can have changed if this rejects, and the turn is then still open: `resume` continues it again. It takes the
   * lease: while another process works on the turn, it waits, except that late decisions are rejected at once.
   *
   * Rejects as the agent's `resume` does, or with `CONVERSATION_CONFLICT` (without a `result` if the other writer saved
   * before the end of the turn), `CONVERSATION_BUSY`, `LEASE_LOST`, `SAVE_FAILED` or `TOO_MANY_ATTEMPTS`.
   */
  resume(options?: Options & ApprovalOptions): Promise<Result & Saved>;
  /** Does the same as `resume` and emits events while it does. */
  resumeStream(options?: Options & ApprovalOptions): RunStream<Result & Saved, Event | ConversationEvent>;
  /**
   * Ends the open turn of the stored thread without another request, whatever it waits for, and saves, so that the next
   * run works. Resolves with the messages kept and removed. Takes the lease: while another process works on the turn, it
   * waits. Does nothing if no turn is open.
   *
   * Rejects as the agent's `abandon` does, or with `CONVERSATION_BUSY`, `LEASE_LOST` or `SAVE_FAILED`.
   */
  abandon(
    options?: AbandonOptions & { readonly signal?: AbortSignal },
  ): Promise<AbandonedTurn<AgentThread["messages"][number]> & { readonly stored: StoredThread | undefined }>;
  /** Loads the stored thread; `undefined` if it does not exist. */
  load(options?: { readonly signal?: AbortSignal }): Promise<LoadedConversation<AgentThread> | undefined>;
  /**
   * Appends the messages of a completed turn to the stored thread, such as those of an error's `result`. Closes an open
   * turn that was stopped or failed. Rejects with `CONVERSATION_CONFLICT` if another turn is open.
   */
  append(
    messages: readonly AgentThread["messages"][number][],
    options?: { readonly signal?: AbortSignal },
  ): Promise<LoadedConversation<AgentThread>>;
  /**
   * Removes the last turns from the stored thread, so that a question can be edited, or answered again by another run. On
   * a store with history (`withHistory`), they stay in the versions of the thread; otherwise, they are lost. Also
   * removes what refers to them: their keys, the summary of the history reducer, and the reference to the service's copy
   * of the conversation. Closes an open turn that was stopped or failed. Rejects with `CONVERSATION_CONFLICT` if another
   * turn is open.
   */
  rewind(options?: RewindOptions): Promise<RewoundConversation<AgentThread>>;
  /**
   * Deletes the stored thread and returns whether it existed. Waits for calls of `append` that were made before. A turn
   * that is in progress does not create the thread again, except with `onConflict: "retry"`: its run rejects with
   * `CONVERSATION_CONFLICT`.
   */
  delete(options?: { readonly signal?: AbortSignal }): Promise<boolean>;
}
