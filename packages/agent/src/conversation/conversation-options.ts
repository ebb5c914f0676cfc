import type { Agent } from "../agent.ts";
import type { RunOptions } from "../run/run-options.ts";
import type { RunResult } from "../run/run-result.ts";
import { unexpected } from "../thread/json.ts";
import type { Thread } from "../thread/thread.ts";
import type { ConversationOptions, LeaseOptions } from "./conversation.ts";

/** What a run came to, whatever the agent's kind. */
export type AnyResult = RunResult<Thread, object, object>;

/** An agent, whatever its kind. What goes in and comes out is typed where the conversation is opened. */
export type AnyAgent = Agent<unknown, Thread, RunOptions, AnyResult, object>;

/** The options of a conversation, checked and with their defaults. */
export interface ConversationSettings extends Pick<
  ConversationOptions<unknown, Thread, RunOptions, AnyResult, object>,
  "agent" | "store" | "id" | "save" | "deserialize"
> {
  readonly onConflict: "rebase" | "retry" | "reject";
  readonly journal: boolean;
  readonly lease: LeaseSettings | undefined;
}

export interface LeaseSettings {
  readonly durationMs: number;
  readonly waitMs: number;
}

export function readConversationOptions(
  options: ConversationOptions<unknown, Thread, RunOptions, AnyResult, object>,
): ConversationSettings {
  const { agent, store, id, onConflict = "rebase", journal = false, save, deserialize } = options;
  if (typeof (agent as Partial<typeof agent> | undefined)?.deserializeThread !== "function") {
    throw unexpected("INVALID_ARGUMENT", "agent", "an agent, such as createChatAgent makes");
  }
  if (typeof (store as Partial<typeof store> | undefined)?.load !== "function") {
    throw unexpected("INVALID_ARGUMENT", "store", "a ThreadStore");
  }
  if (typeof id !== "string" || id === "") {
    throw unexpected("INVALID_ARGUMENT", "id", "a thread's id", id);
  }
  if (!["rebase", "retry", "reject"].includes(onConflict)) {
    throw unexpected("INVALID_ARGUMENT", "onConflict", "rebase, retry or reject", onConflict);
  }
  if (typeof journal !== "boolean") {
    throw unexpected("INVALID_ARGUMENT", "journal", "true or false", journal);
  }
  const lease = readLease(options.lease ?? journal);
  if (journal && lease === undefined) {
    throw unexpected("INVALID_ARGUMENT", "lease", "a lease, since a journal needs one");
  }
  return { agent, store, id, onConflict, journal, lease, save, deserialize };
}

function readLease(lease: boolean | LeaseOptions): LeaseSettings | undefined {
  if (lease === false) return undefined;
  const { durationMs = 30_000, waitMs = 60_000 } = lease === true ? {} : lease;
  if (!Number.isFinite(durationMs) || durationMs < 100) {
    throw unexpected("INVALID_ARGUMENT", "lease.durationMs", "at least 100 milliseconds", durationMs);
  }
  if (!Number.isFinite(waitMs) || waitMs < 0) {
    throw unexpected("INVALID_ARGUMENT", "lease.waitMs", "milliseconds from 0", waitMs);
  }
  return { durationMs, waitMs };
}
