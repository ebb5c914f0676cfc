import type { ThreadSnapshot } from "../thread.ts";

export const OPEN_TURN_POLICIES = ["resume", "close", "reject"] as const;

/** How `run` treats a turn that is still open. */
export type OpenTurnPolicy = (typeof OPEN_TURN_POLICIES)[number];

/** Options of every run, whatever the agent's provider. */
export interface RunOptions {
  /**
   * Aborts the run, which rejects with the signal's reason as any failure does. The signal of running tools aborts with
   * it.
   */
  readonly signal?: AbortSignal | undefined;
  /**
   * Identifies the input, for queues and webhooks that deliver a message twice, such as the id of the message: 1 to 256
   * characters. A `run` with the key of an earlier turn does not start another one: it resolves with the result of that
   * turn, and resumes it if it is open. The thread remembers the keys of its last 32 turns that have one. A conversation
   * saves the turn from its first call of a tool on, with or without `journal`, so that no tool is repeated.
   *
   * Rejects with `KEY_REUSED` if the input is another one, and with `TURN_ABANDONED` if the turn was ended without an
   * answer. `resume` ignores it.
   */
  readonly key?: string | undefined;
  /**
   * How `run` of a conversation, or of an agent with a `history`, treats a turn that is still open, before the new one
   * starts. `resume`: continues it to its end. `close`: ends it as `abandon` does, and keeps what happened. `reject`:
   * rejects with `TURN_OPEN`. Other agents, and `resume`, reject the option with `INVALID_ARGUMENT`.
   * @default `resume` for a turn that was interrupted, then `close` if it fails for good; `close` for one that was
   * stopped or failed; `reject` for one that waits for approvals
   */
  readonly openTurn?: OpenTurnPolicy | undefined;
  /**
   * Called with the thread as it would be if the turn stopped now: when the input or the approvals have been
   * accepted, after each model response with tool calls and before those run, and after tool results. The run waits
   * for it and reports results that arrive in the meantime together. If it saves each snapshot, the turn survives a
   * crash: another process deserializes the last snapshot and calls `resume`. If it rejects, the run stops and
   * rejects with that error.
   */
  readonly onProgress?: OnProgress | undefined;
}

export type OnProgress = (snapshot: ThreadSnapshot) => Promise<void>;

/** A person's decision on a call that waits for approval. */
export interface ApprovalDecision {
  /** The id of the call. */
  readonly callId: string;
  /** The `digest` that was shown with the call: the decision is valid only for what the person saw. */
  readonly digest: string;
  readonly approved: boolean;
  /** The reason for a denial, which the model receives. */
  readonly reason?: string | undefined;
}

/** Additional options of `resume`. */
export interface ApprovalOptions {
  /** Decisions on some or all of the waiting calls. Calls without a decision continue to wait. */
  readonly approvals?: readonly ApprovalDecision[] | undefined;
}
