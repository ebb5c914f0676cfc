import type { PendingApproval, Thread } from "../thread/thread.ts";

/** What a run, or a `resume`, came to. */
export interface RunResult<AgentThread extends Thread, Message extends object, Usage extends object> {
  /** `approval-needed`: the turn is open, and `resume` goes on once {@link approvals} are answered. */
  readonly status: "completed" | "approval-needed";
  /** The calls that wait for approval; empty when the turn is complete. */
  readonly approvals: readonly PendingApproval[];
  /** The text of the model's last message; empty when it has none, as when the model refused. */
  readonly text: string;
  /** The model's refusal, where it gave one instead of an answer. */
  readonly refusal: string | undefined;
  /** What the run added to the thread, the input first; frozen. */
  readonly messages: readonly Message[];
  /** Why the model stopped: `stop`, `length`, `content_filter`, or whatever the provider says. */
  readonly finishReason: string | undefined;
  /**
   * The tokens of all model calls of the turn so far, in the provider's form, also of those before a
   * `resume`; `undefined` if it counts none.
   */
  readonly usage: Usage | undefined;
  /** The thread that was run, or the new one when none was given. */
  readonly thread: AgentThread;
}
