import type {
  Finding,
  MessageCheckOptions,
  ProviderOptions,
  RepairChange,
  RepairPolicy,
} from "@threadstore/agent";
import { AgentError } from "@threadstore/agent";
import {
  copyJson,
  repairMessageList,
  type RepairedMessageList,
  type Repairer,
  reportMalformedText,
} from "@threadstore/agent/provider";
import type { JsonValue, SerializedThread } from "@threadstore/core";
import { isJsonObject, type JsonObject } from "@threadstore/core/documents";
import { ITEMS_WIRE_FORM } from "./items-wire-form.ts";
import { invalidValue, SessionError } from "./session-error.ts";
import { readSessionMembers, withSessionEnvelope, writeSessionThread } from "./session-thread.ts";

/** Options of {@link checkSession} and {@link repairSession}. */
export interface CheckSessionOptions extends Pick<MessageCheckOptions, "tools">, ProviderOptions {
  /**
   * The provider whose limit of the length of a text is checked.
   * @default "openai"
   */
  readonly provider?: ProviderOptions["provider"];
}

/** A repaired session. */
export interface RepairedSession {
  /** A copy of the thread. Items without a finding are unchanged. */
  readonly thread: SerializedThread;
  /** The changes, in order, with paths in the original thread; empty if there was nothing to repair. */
  readonly changes: readonly RepairChange[];
}

/**
 * Finds the known faults for which the Agents SDK, this package or a model's API reject a stored session, such as a
 * store's `stored.thread` or its JSON text: calls without results, results without calls, duplicates and repeated ids,
 * malformed items, texts that are too long, and reasoning that nothing follows. Returns an empty array if there are none.
 * The findings are those of `checkThread` from `@threadstore/openai`.
 *
 * Throws `THREAD_INVALID`, `THREAD_MISMATCH` or `THREAD_TOO_NEW` for a value that is not a session, and
 * `INVALID_ARGUMENT` for options.
 */
export function checkSession(
  thread: SerializedThread | string,
  options: CheckSessionOptions = {},
): Finding[] {
  return repair(thread, "synthesize", options).list.findings;
}

/**
 * Repairs everything that {@link checkSession} finds, and returns a repaired copy and the changes. A second repair does
 * not change it. A call that waits for approval is answered, too: its result replaces that answer when it arrives.
 *
 * Throws as the check does, and `THREAD_INVALID` with the path if the policy is to stop.
 */
export function repairSession(
  thread: SerializedThread | string,
  policy: RepairPolicy,
  options: CheckSessionOptions = {},
): RepairedSession {
  const { members, list } = repair(thread, policy, options);
  const { operations, ...extra } = members;
  const content = { items: list.messages, operations: validOperations(operations), extra };
  return { thread: writeSessionThread(content), changes: list.changes };
}

interface Repair {
  /** The members of the thread other than its items. */
  readonly members: JsonObject;
  readonly list: RepairedMessageList;
}

function repair(
  value: SerializedThread | string,
  policy: RepairPolicy,
  { tools, provider = "openai", shorten }: CheckSessionOptions,
): Repair {
  const stored = parse(value);
  const session = withSessionEnvelope(stored);
  const { items, ...others } = readSessionMembers(session);
  try {
    const members = copyJson(others, { code: "THREAD_INVALID", loneSurrogates: "replace" }) as JsonObject;
    const task = {
      messages: Array.isArray(items) ? items : [],
      form: ITEMS_WIRE_FORM,
      path: "$.items",
      reportOthers: (repairer: Repairer) => {
        reportEnvelope(stored, session, repairer);
        reportMalformedText(others, repairer);
        reportMembers({ ...members, items }, repairer);
      },
    };
    return { members, list: repairMessageList(task, policy, { tools, provider, shorten }) };
  } catch (error) {
    if (!AgentError.is(error)) throw error;
    const code = error.code === "INVALID_ARGUMENT" ? "INVALID_ARGUMENT" : "THREAD_INVALID";
    throw new SessionError(code, error.message, { path: error.path });
  }
}

function reportEnvelope(stored: JsonObject, session: JsonObject, repairer: Repairer): void {
  for (const name of ["format", "version", "kind"].filter((each) => stored[each] !== session[each])) {
    const message = "A member that every session has is missing or of the wrong type.";
    const finding = { code: "envelope-invalid", path: `$.${name}`, position: -1, message } as const;
    repairer.repair(finding, { rewrite: "A repair sets it." });
  }
}

/** Returns the transactions that have been applied, and that this package can read. */
function validOperations(operations: JsonValue | undefined): ReadonlyMap<string, string> {
  const entries = Object.entries(isJsonObject(operations) ? operations : {});
  return new Map(
    entries.flatMap(([id, fingerprint]): [string, string][] =>
      typeof fingerprint === "string" ? [[id, fingerprint]] : [],
    ),
  );
}

function reportMembers(
  { items, operations }: { readonly [name: string]: JsonValue | undefined },
  repairer: Repairer,
): void {
  if (!Array.isArray(items)) {
    const message = "The items are missing or not an array.";
    const rewrite = "A repair sets it to an empty array.";
    repairer.repair({ code: "envelope-invalid", path: "$.items", position: -1, message }, { rewrite });
  }
  const size = isJsonObject(operations) ? Object.keys(operations).length : -1;
  if (operations === undefined || validOperations(operations).size === size) return;
  const message = "The record of applied transactions is malformed.";
  const drop = "A repair removes the malformed part.";
  repairer.repair({ code: "state-invalid", path: "$.operations", position: -1, message }, { drop });
}

function parse(thread: SerializedThread | string): JsonObject {
  const value: unknown = typeof thread === "string" ? parseText(thread) : thread;
  if (isJsonObject(value)) return value;
  throw invalidValue("THREAD_INVALID", "$", "a serialized thread", value);
}

function parseText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Without the SyntaxError as the cause: its message quotes the text.
    throw new SessionError("THREAD_INVALID", "The thread is not JSON. Pass a stored thread.", { path: "$" });
  }
}
