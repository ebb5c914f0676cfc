import type { SaveOptions, ThreadStore } from "@threadstore/core";
import { type LeaseOptions, type LeaseSettings, readLeaseOptions } from "@threadstore/core/documents";
import { AgentError, invalidValue } from "../agent-error.ts";
import type { RunResult } from "../run-result.ts";
import type { Agent, DeserializeOptions } from "../run/agent.ts";
import type { RunOptions } from "../run/run-options.ts";
import type { Thread } from "../thread.ts";
import { hasHistory } from "./agents-with-history.ts";

/** Options of `openConversation`. */
export interface ConversationOptions<
  Input,
  AgentThread extends Thread,
  Options extends RunOptions,
  Result extends RunResult<AgentThread, object, object>,
  Event,
> {
  readonly agent: Agent<Input, AgentThread, Options, Result, Event>;
  /** The store that persists the thread. The caller closes it. */
  readonly store: ThreadStore;
  /** The thread's id in the store. The first run creates the thread. */
  readonly id: string;
  /**
   * The policy for a turn during which another writer saved the thread. `rebase`: appends the turn to the other's,
   * although its answer does not take that into account. `retry`: runs the turn again on the new thread, including
   * its tools. `reject`: rejects with `CONVERSATION_CONFLICT`. That error and `SAVE_FAILED` contain the completed
   * turn as `result`, which can still be appended.
   * @default "rebase"
   */
  readonly onConflict?: "rebase" | "retry" | "reject" | undefined;
  /**
   * Whether to save checkpoints during a turn: its input, each model response with tool calls, and each tool result.
   * If the process dies, the next run in any process continues that turn first and does not repeat calls whose
   * results were saved. Takes the {@link lease}, because only its holder can distinguish an interrupted turn from one
   * that another process works on. Without it, a turn with a `key` is still saved from its first call of a tool on.
   * @default false
   */
  readonly journal?: boolean | undefined;
  /**
   * Whether only one run at a time may work on the conversation, across all processes, while others wait. The lease
   * is a separate record in the same store. If its process dies, it expires. `resume` takes it in any case, because only
   * its holder can tell a call that runs from one that a crash interrupted.
   * @default the value of `journal`
   */
  readonly lease?: boolean | LeaseOptions | undefined;
  /**
   * What happens to a turn that the caller's signal aborts. `keep`: it stays in the thread, with the question, the steps
   * so far and the beginning of a streamed answer, as an open turn that is `stopped`. The next run closes it, unless it
   * asks to resume it. `discard`: the stored thread is as it was before the turn. A turn that `resume` continued, or that
   * has a `key` and called tools, is kept in any case.
   * @default "keep" with `journal`, otherwise "discard"
   */
  readonly onStop?: "keep" | "discard" | undefined;
  /**
   * How often a run may resume an open turn without getting further, that is, without a response of the model or a
   * result of a tool. The number is stored in the thread before each attempt. The next attempt rejects with
   * `TOO_MANY_ATTEMPTS`, and the run after that closes the turn. `resume` is limited only if the turn was interrupted.
   * @default 5
   */
  readonly maxAttempts?: number | undefined;
  /** Options of each save: metadata and time to live. */
  readonly save?: Pick<SaveOptions, "metadata" | "ttlMs"> | undefined;
  /** Options of deserializing the stored thread. */
  readonly deserialize?: DeserializeOptions | undefined;
}

/** The result of a run, whatever the agent's kind. */
export type AnyResult = RunResult<Thread, object, object>;

/** An agent of any kind. `openConversation` types its inputs and outputs. */
export type AnyAgent = Agent<unknown, Thread, RunOptions, AnyResult, object>;

export type AnyConversationOptions = ConversationOptions<unknown, Thread, RunOptions, AnyResult, object>;

/** Validated {@link ConversationOptions}, with defaults. */
export interface ConversationSettings extends Pick<
  AnyConversationOptions,
  "agent" | "store" | "id" | "save" | "deserialize"
> {
  readonly onConflict: "rebase" | "retry" | "reject";
  readonly journal: boolean;
  readonly lease: LeaseSettings | undefined;
  /** Whether a turn that the caller stops stays open. */
  readonly keepsStopped: boolean;
  readonly maxAttempts: number;
}

/** Validates the options of a conversation. Throws `INVALID_ARGUMENT` with the path. */
export function readConversationOptions(options: AnyConversationOptions): ConversationSettings {
  const { agent, store, id, onConflict = "rebase", journal = false, save, deserialize } = options;
  const code = "INVALID_ARGUMENT";
  if (typeof (agent as Partial<AnyAgent> | undefined)?.deserializeThread !== "function") {
    throw invalidValue(code, "agent", "an agent, such as createChatAgent creates", agent);
  }
  if (hasHistory(agent)) {
    const message =
      "`agent` has a `history`, and so loads and saves by itself. Run it without a conversation.";
    throw new AgentError(code, message, { path: "agent" });
  }
  if (typeof (store as Partial<ThreadStore> | undefined)?.load !== "function") {
    throw invalidValue(code, "store", "a ThreadStore", store);
  }
  if (typeof id !== "string" || id === "") throw invalidValue(code, "id", "a non-empty string", id);
  if (!["rebase", "retry", "reject"].includes(onConflict)) {
    throw invalidValue(code, "onConflict", '"rebase", "retry" or "reject"');
  }
  if (typeof journal !== "boolean") throw invalidValue(code, "journal", "a boolean", journal);
  const lease = readLeaseOptions(options.lease ?? journal, (path, requirement) => {
    return invalidValue(code, path, requirement);
  });
  if (journal && lease === undefined) {
    throw invalidValue(code, "lease", "true or an object if `journal` is true");
  }
  const { onStop = journal ? "keep" : "discard", maxAttempts = 5 } = options;
  if (onStop !== "keep" && onStop !== "discard") throw invalidValue(code, "onStop", '"keep" or "discard"');
  if (!Number.isSafeInteger(maxAttempts) || maxAttempts < 1) {
    throw invalidValue(code, "maxAttempts", "a positive integer", maxAttempts);
  }
  const keepsStopped = onStop === "keep";
  return { agent, store, id, onConflict, journal, lease, keepsStopped, maxAttempts, save, deserialize };
}
