import type { JsonObject } from "@threadstore/core/documents";
import type { Finding } from "../findings/finding.ts";
import type { RepairPolicy } from "../findings/repair-policy.ts";
import type { RepairChange } from "../findings/repairer.ts";
import type { MessageCheckOptions } from "../repair/check-options.ts";
import { repairMessageList } from "../repair/repair-message-list.ts";
import { LANGCHAIN_WIRE_FORM } from "./langchain-wire-form.ts";

/** Options of checking and repairing messages of LangChain. */
export type LangChainCheckOptions = Pick<MessageCheckOptions, "tools">;

/** Repaired messages of LangChain. */
export interface RepairedLangChainMessages {
  /** A copy of the messages in their form. Messages without a finding are unchanged. */
  readonly messages: JsonObject[];
  /** The changes, in order, with paths in the original messages; empty if there was nothing to repair. */
  readonly changes: readonly RepairChange[];
}

/**
 * Finds the known faults for which providers, or LangChain, reject stored messages of LangChain: the array of
 * `{ type, data }` of its chat histories, or of serialized messages (`{ lc, type: "constructor", id, kwargs }`). Checks
 * the calls and their results, contents, roles, duplicates, and members that LangChain cannot read, but no limits of
 * providers. Paths start with `$`, the array. Returns an empty array if there are none.
 *
 * Throws `THREAD_INVALID` for a value that is not an array of JSON values, and `INVALID_ARGUMENT` for options.
 */
export function checkLangChainMessages(messages: unknown, options: LangChainCheckOptions = {}): Finding[] {
  return repair(messages, "synthesize", options).findings;
}

/**
 * Repairs everything that {@link checkLangChainMessages} finds, and returns the repaired messages and the changes. A
 * second repair does not change them. Throws as the check does, and `THREAD_INVALID` with the path if the policy is to
 * stop.
 */
export function repairLangChainMessages(
  messages: unknown,
  policy: RepairPolicy,
  options: LangChainCheckOptions = {},
): RepairedLangChainMessages {
  const { messages: repaired, changes } = repair(messages, policy, options);
  return { messages: repaired, changes };
}

function repair(
  messages: unknown,
  policy: RepairPolicy,
  { tools }: LangChainCheckOptions,
): ReturnType<typeof repairMessageList> {
  return repairMessageList({ messages, form: LANGCHAIN_WIRE_FORM, path: "$" }, policy, { tools });
}
