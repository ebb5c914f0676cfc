import type { LeftOut } from "./left-out.ts";
import type { PendingApproval, Thread } from "./thread.ts";

/** The result of `run` and `resume`. */
export interface RunResult<AgentThread extends Thread, Message extends object, Usage extends object> {
  /** `approval-needed`: the turn is open. Pass decisions on {@link approvals} to `resume` to continue it. */
  readonly status: "completed" | "approval-needed";
  /** The calls that wait for approval; empty if the turn is completed. */
  readonly approvals: readonly PendingApproval[];
  /**
   * The text of the model's last message; empty if it has none, for example after a refusal. The thread then contains a
   * note in the place of an empty message, which providers would reject.
   */
  readonly text: string;
  /** The model's refusal, if it refused to answer. */
  readonly refusal: string | undefined;
  /** The messages that the run added to the thread, starting with the input; frozen. */
  readonly messages: readonly Message[];
  /** Why the model stopped: `stop`, `length`, `content_filter` or another value of the provider. */
  readonly finishReason: string | undefined;
  /**
   * The token usage of all model calls of the turn so far, including those before a `resume`, in the provider's form;
   * `undefined` if the provider does not report it.
   */
  readonly usage: Usage | undefined;
  /** What was left out of requests because the service rejected it; empty if nothing was. The thread keeps it. */
  readonly leftOut: readonly LeftOut[];
  /**
   * Whether an earlier run had the same `key`. The result is that of its turn, which was resumed if it was open, and not
   * changed otherwise.
   */
  readonly repeated: boolean;
  /** The thread passed to the run, or the new one if none was passed. */
  readonly thread: AgentThread;
}
