import type { SerializedThread } from "@threadstore/core";

/** A tool call that waits for approval by a person. */
export interface PendingApproval {
  /** The id of the call, for the decision passed to `resume`. */
  readonly callId: string;
  /** The name of the tool. */
  readonly name: string;
  /** The model's text, usually JSON. An approved call runs with exactly this text. */
  readonly arguments: string;
  /** The provider's name for this kind of call, such as `shell_call`. Absent for calls of functions. */
  readonly kind?: string;
  /** Identifies the turn, the call, the tool and the arguments. A decision with it is valid for nothing else. */
  readonly digest: string;
}

/**
 * The state of a turn that has not ended.
 *
 * - `open`: it runs, or its process died. A run that holds the conversation's lease knows that it was interrupted.
 * - `waiting`: it waits for approvals.
 * - `stopped`: the caller's signal aborted it. It continues only if `resume` asks for that.
 * - `failed`: the same attempt would fail again, for the reason in `error`.
 */
export type TurnState = "failed" | "open" | "stopped" | "waiting";

/** A turn that started and has not ended. `resume` continues it, and `abandon` ends it. */
export interface OpenTurn {
  /** The same in every process that works on the turn. */
  readonly id: string;
  /** The key of the run that started the turn, if it had one. */
  readonly key: string | undefined;
  readonly state: TurnState;
  /** The code of the error of a turn that failed. */
  readonly error: string | undefined;
  /** How often the turn was resumed since it last got further. */
  readonly attempts: number;
  /** The calls that wait for approval; empty if the turn only has to be resumed. */
  readonly approvals: readonly PendingApproval[];
  /** The beginning of an answer that was streamed until the turn was stopped. */
  readonly text: string | undefined;
}

/**
 * A conversation with an agent, as data: the messages, without the agent's instructions, tools, client and model,
 * which the agent that resumes the thread provides.
 *
 * A run adds all of its messages when it ends successfully. If it fails or is aborted, the messages are unchanged and
 * it can be run again, except that it keeps the effects of an approval: the results of a turn whose approved calls have
 * started, and an approval that a service has received of a call that it runs.
 */
export interface Thread<Message extends object = object> {
  /** The kind of agent that the thread belongs to, such as `chat`. */
  readonly kind: string;
  /** The name of the agent that the thread belongs to. */
  readonly agent: string;
  /** The messages, oldest first; frozen. A run replaces the array. */
  readonly messages: readonly Message[];
  /** The turn that `resume` continues and `abandon` ends. While there is one, `run` rejects with `TURN_OPEN`. */
  readonly openTurn: OpenTurn | undefined;
  /**
   * Resolves with the thread as strict JSON, for `store.save`. The object is frozen. During a run, it is the thread
   * before that run. Saving it costs only the messages added since the last save: each is encoded once.
   */
  serialize(): Promise<SerializedThread>;
  /** Returns the same object as {@link serialize} resolves with, so that `JSON.stringify` accepts a thread. */
  toJSON(): SerializedThread;
}

/** The thread as it would be if its turn stopped now, as passed to `onProgress`. */
export interface ThreadSnapshot {
  readonly kind: string;
  readonly agent: string;
  /** The id of the open turn. */
  readonly turnId: string;
  /** The number of messages so far. */
  readonly messageCount: number;
  /** Resolves with the snapshot as strict JSON, for `store.save`, as `serialize` of a thread does. */
  serialize(): Promise<SerializedThread>;
  /** Returns the same object as {@link serialize} resolves with. */
  toJSON(): SerializedThread;
}
