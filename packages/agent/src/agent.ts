import type { SerializedThread } from "@threadstore/core";
import type { ThreadChange } from "./repair/mender.ts";
import type { RepairPolicy } from "./repair/policy.ts";
import type { ApprovalOptions, RunOptions } from "./run/run-options.ts";
import type { RunStream } from "./run/run-stream.ts";
import type { Thread } from "./thread/thread.ts";

export interface DeserializeOptions {
  /**
   * Take a thread that an agent of another name saved. It is this agent's from then on.
   * @default false
   */
  readonly acceptOtherAgent?: boolean | undefined;
  /**
   * Mend a damaged thread on the way in, as `repairThread` does by this policy. A turn that can be resumed stays
   * open. Calls of tools that this agent has not are mended only if the policy names `tool-gone`. The stored
   * thread stays damaged until this one is saved.
   * @default a damaged thread is `THREAD_INVALID`
   */
  readonly repair?: RepairPolicy | undefined;
  /** Told of what was mended, if anything was. */
  readonly onRepair?: ((changes: readonly ThreadChange[]) => void) | undefined;
}

/** What agents of all kinds do. */
export interface Agent<Input, AgentThread extends Thread, Options extends RunOptions, Result, Event> {
  /** Threads are bound to the kind of agent that made them. */
  readonly kind: AgentThread["kind"];
  readonly name: string;

  /** A new, empty thread of this agent. */
  getNewThread(): AgentThread;

  /**
   * Sends the thread and the input to the model, runs the tools it calls, and adds all of it to the thread.
   * Without a thread it works on a new one, which the result holds. Either everything is added or nothing;
   * when calls wait for approval, that is everything so far, and the turn stays open.
   *
   * Rejects with the signal's reason, or with `INVALID_ARGUMENT`, `THREAD_BUSY`, `THREAD_MISMATCH` (another
   * agent's thread), `TURN_OPEN` (resume it), `TOO_MANY_TOOL_ROUNDS`, `CLIENT_FAILED`, `MODEL_REFUSED`,
   * `MODEL_UNAVAILABLE` or `RESPONSE_INVALID`. What tools throw goes to the model instead.
   */
  run(input: Input, thread?: AgentThread, options?: Options): Promise<Result>;

  /**
   * The same, telling what happens while it happens. Never throws: what `run` rejects with comes out of the
   * iteration and of `result`, and `STREAM_INTERRUPTED` when the model's answer broke off.
   */
  runStream(input: Input, thread?: AgentThread, options?: Options): RunStream<Result, Event>;

  /**
   * Goes on with the open turn of a thread: takes answers to calls that wait for approval, runs those that
   * were approved, and those that a crash left without a result, and asks the model on. The turn then ends, or
   * waits for approvals again.
   *
   * Rejects as `run` does; with `INVALID_ARGUMENT` when there is no open turn or an answer is to a call that
   * does not wait, and `TOOL_MISSING` when the agent has not the tool of a call that is to run.
   */
  resume(thread: AgentThread, options?: Options & ApprovalOptions): Promise<Result>;

  /** The same, telling what happens while it happens, as `runStream` does. */
  resumeStream(thread: AgentThread, options?: Options & ApprovalOptions): RunStream<Result, Event>;

  /**
   * Takes up a thread that was serialized: what `serialize` gave, its JSON text, or a store's
   * `stored.thread`. It is untrusted and checked throughout.
   *
   * Rejects with `THREAD_INVALID` and the path of the fault, `THREAD_MISMATCH` for a thread of another kind
   * or agent, or `THREAD_TOO_NEW`; never gives an empty thread instead.
   */
  deserializeThread(thread: SerializedThread | string, options?: DeserializeOptions): Promise<AgentThread>;
}
