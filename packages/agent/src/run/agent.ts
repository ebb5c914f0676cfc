import type { SerializedThread } from "@threadstore/core";
import type { RepairPolicy } from "../findings/repair-policy.ts";
import type { RepairChange } from "../findings/repairer.ts";
import type { Thread } from "../thread.ts";
import type { AbandonedTurn, AbandonOptions } from "./abandon-turn.ts";
import type { ApprovalOptions, RunOptions } from "./run-options.ts";
import type { RunStream } from "./run-stream.ts";

export interface DeserializeOptions {
  /**
   * Whether to accept a thread that an agent of another name saved. It belongs to this agent from then on.
   * @default false
   */
  readonly acceptOtherAgent?: boolean | undefined;
  /**
   * Repairs a corrupt thread by this policy, as `repairThread` does. A turn that can be resumed stays open. Calls of
   * tools that this agent does not have are repaired only if the policy names `tool-gone`. The stored thread stays
   * corrupt until the repaired one is saved.
   * @default a corrupt thread rejects with `THREAD_INVALID`
   */
  readonly repair?: RepairPolicy | undefined;
  /** Called with the changes of a repair, if there are any. */
  readonly onRepair?: ((changes: readonly RepairChange[]) => void) | undefined;
}

/** An agent: runs turns of conversations and keeps nothing between them. */
export interface Agent<Input, AgentThread extends Thread, Options extends RunOptions, Result, Event> {
  /** The kind of its threads, such as `chat`. */
  readonly kind: AgentThread["kind"];
  readonly name: string;

  /** Creates an empty thread of this agent. */
  getNewThread(): AgentThread;

  /**
   * Sends the thread and the input to the model, runs the tools it calls, and adds all of it to the thread. Without a
   * thread, it starts a new one, which the result contains. A run adds either everything or nothing. If calls wait
   * for approval, it adds everything up to then, and the turn stays open.
   *
   * Rejects with the signal's reason, or with `INVALID_ARGUMENT`, `THREAD_BUSY`, `THREAD_MISMATCH` (another agent's
   * thread), `TURN_OPEN` (resume or abandon it), `TOO_MANY_TOOL_ROUNDS`, `CLIENT_FAILED`, `MODEL_REFUSED`, `MODEL_UNAVAILABLE`
   * or `RESPONSE_INVALID`. Errors that tools throw go to the model instead.
   */
  run(input: Input, thread?: AgentThread, options?: Options): Promise<Result>;

  /**
   * Does the same as `run` and emits events while it does. Never throws: the iteration and `result` reject instead,
   * with `STREAM_INTERRUPTED` if the model's response ended early.
   */
  runStream(input: Input, thread?: AgentThread, options?: Options): RunStream<Result, Event>;

  /**
   * Continues the open turn of a thread: accepts decisions on calls that wait for approval, runs approved calls and
   * calls that a crash left without a result, and sends the results to the model. The turn then ends, or waits for
   * approvals again.
   *
   * Rejects as `run` does. Also rejects with `INVALID_ARGUMENT` if no turn is open, with `APPROVAL_STALE` if a decision
   * is not about what waits now, with `APPROVAL_DECIDED` if the call was decided before, and with `TOOL_MISSING` if the
   * agent does not have the tool of a call that must run.
   *
   * If it rejects after an approved call has started, or after it has sent an approval of a call that the service runs,
   * the thread keeps the turn with the results so far, and the turn stays open: resume it without decisions. Otherwise,
   * the messages are unchanged.
   */
  resume(thread: AgentThread, options?: Options & ApprovalOptions): Promise<Result>;

  /** Does the same as `resume` and emits events while it does, as `runStream`. */
  resumeStream(thread: AgentThread, options?: Options & ApprovalOptions): RunStream<Result, Event>;

  /**
   * Ends the open turn of a thread without another request, so that the next `run` works, whatever the turn waits for.
   * Resolves with the messages kept and removed. Does nothing if no turn is open.
   *
   * Rejects with `INVALID_ARGUMENT`, `THREAD_BUSY` or `THREAD_MISMATCH`.
   */
  abandon(
    thread: AgentThread,
    options?: AbandonOptions,
  ): Promise<AbandonedTurn<AgentThread["messages"][number]>>;

  /**
   * Restores a serialized thread: the result of `serialize`, its JSON text, or a store's `stored.thread`. It is
   * untrusted and validated completely.
   *
   * Rejects with `THREAD_INVALID` and the path of the fault, `THREAD_MISMATCH` (a thread of another kind or agent) or
   * `THREAD_TOO_NEW`. Never returns an empty thread instead.
   */
  deserializeThread(thread: SerializedThread | string, options?: DeserializeOptions): Promise<AgentThread>;
}
