import type { StoredThread } from "@threadstore/core";
import type { ApprovalOptions, RunOptions } from "../run/run-options.ts";
import type { RunResult } from "../run/run-result.ts";
import type { RunStream } from "../run/run-stream.ts";
import type { Thread } from "../thread/thread.ts";

/** The saved state of a conversation after a run. */
export interface Saved {
  readonly stored: StoredThread;
}

/** An event of a streamed conversation, in addition to those of the agent. */
export type ConversationEvent =
  /** Another writer saved first, and the turn starts again. Discard its earlier events. */
  { readonly type: "retry"; readonly attempt: number };

/** A conversation as it is stored. */
export interface LoadedConversation<AgentThread extends Thread> extends Saved {
  readonly thread: AgentThread;
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
   * Runs the agent on the stored thread, or on a new one, and saves. Rejects as the agent's `run` does; the stored
   * thread is then unchanged, except that with `journal` an open turn that has tool calls is kept for the next run.
   * Also rejects with `CONVERSATION_CONFLICT`, `CONVERSATION_BUSY`, `LEASE_LOST` or `SAVE_FAILED`.
   */
  run(input: Input, options?: Options): Promise<Result & Saved>;
  /** Does the same as `run` and emits events while it does. */
  runStream(input: Input, options?: Options): RunStream<Result & Saved, Event | ConversationEvent>;
  /**
   * Continues the open turn of the stored thread, with decisions on its approvals, and saves each step, with or without
   * `journal`: that a call has started before it runs, and its result before the model receives it. So the stored
   * thread can have changed if this rejects, and the turn is then still open: `resume` continues it again. It takes the
   * lease: while another process works on the turn, it waits, except that late decisions are refused at once.
   *
   * Rejects as the agent's `resume` does, or with `CONVERSATION_CONFLICT` (without a `result` if the other writer saved
   * before the end of the turn), `CONVERSATION_BUSY`, `LEASE_LOST` or `SAVE_FAILED`.
   */
  resume(options?: Options & ApprovalOptions): Promise<Result & Saved>;
  /** Does the same as `resume` and emits events while it does. */
  resumeStream(options?: Options & ApprovalOptions): RunStream<Result & Saved, Event | ConversationEvent>;
  /** Loads the stored thread; `undefined` if it does not exist. */
  load(options?: { readonly signal?: AbortSignal }): Promise<LoadedConversation<AgentThread> | undefined>;
  /** Appends the messages of a completed turn to the stored thread, such as those of an error's `result`. */
  append(
    messages: readonly AgentThread["messages"][number][],
    options?: { readonly signal?: AbortSignal },
  ): Promise<LoadedConversation<AgentThread>>;
  /** Deletes the stored thread and returns whether it existed. */
  delete(options?: { readonly signal?: AbortSignal }): Promise<boolean>;
}
