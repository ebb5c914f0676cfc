import { isJsonObject, type JsonObject } from "@threadstore/core/documents";
import { callForm, pageForm } from "./page-form.ts";
import { orderOf, RESULT_ORDER } from "./repair/call-order.ts";

/** What decides whether a page may change a call. */
export interface CallRules {
  /** The names of the tools that run in the page. */
  readonly clientTools: ReadonlySet<string>;
  /** Whether another message follows the answer. */
  readonly isFollowed: boolean;
  /** Whether the request is about this answer. Pages may also send earlier messages, which can be outdated. */
  readonly isSubject: boolean;
}

/** Why a posted message must not be stored. */
export interface Refusal {
  readonly code: "CONFLICT" | "MESSAGE_REFUSED";
  readonly reason: string;
}

export const DECIDED: Refusal = {
  code: "CONFLICT",
  reason:
    "A call was already approved, denied or answered by another request. Nothing was written. Load the conversation to see its result.",
};
export const STALE: Refusal = {
  code: "CONFLICT",
  reason:
    "The conversation has moved on since this message was shown. Nothing was written. Load the conversation to see its messages.",
};
export const MISMATCH: Refusal = {
  code: "CONFLICT",
  reason:
    "A decision does not belong to a stored call that waits for approval with the same tool and arguments. Nothing was written. Load the conversation and decide again.",
};
export const UNKNOWN_CALL: Refusal = refuse("The model did not make this call.");
export const REPEATED_CALL: Refusal = refuse("Another part of this answer has the same call id.");
const CHANGED_CALL: Refusal = refuse(
  "A page must not change the tool, the arguments or the state of a call.",
);
const NOT_WAITING: Refusal = refuse("This call does not wait for a result of a page.");
const SERVER_RESULT: Refusal = refuse("Only the server sets this result.");
const SERVER_TOOL: Refusal = refuse(
  "The tool of this call runs on the server. If it runs in the page, name it in `clientTools`.",
);

function refuse(problem: string): Refusal {
  const remedy = "Nothing was written. Load the conversation to see its messages.";
  return { code: "MESSAGE_REFUSED", reason: `${problem} ${remedy}` };
}

/**
 * Returns the call to store for a call of a posted answer, which is the stored call itself if nothing changes. A page may
 * decide about a call that was shown to its user, and report the result of a tool that it runs, each once.
 */
export function nextCall(stored: JsonObject, posted: JsonObject, rules: CallRules): JsonObject | Refusal {
  if (isSameCall(stored, posted)) return stored;
  const [storedOrder, postedOrder] = [orderOf(stored), orderOf(posted)];
  if (postedOrder < storedOrder) return rules.isSubject ? DECIDED : stored;
  if (posted["state"] === "approval-responded") return decideCall(stored, posted, rules);
  if (callForm(stored) !== callForm(posted) || postedOrder < RESULT_ORDER) return CHANGED_CALL;
  return storedOrder === RESULT_ORDER ? keepResult(stored, posted, rules) : addResult(stored, posted, rules);
}

/** Returns whether a page sends a decision that is already stored. */
export function isSameDecision(stored: JsonObject, posted: JsonObject): boolean {
  return posted["state"] === "approval-responded" && isSameCall(stored, posted);
}

/** Returns whether the server may have run the tool of a stored call that has no result. */
export function mayHaveRun(stored: JsonObject, { clientTools }: CallRules): boolean {
  const isApproved = stored["state"] === "approval-responded" && approvalOf(stored)["approved"] === true;
  return isApproved && stored["providerExecuted"] !== true && !clientTools.has(toolNameOf(stored));
}

function isSameCall(stored: JsonObject, posted: JsonObject): boolean {
  return stateForm(stored) === stateForm(posted) && callForm(stored) === callForm(posted);
}

export function isRefusal(value: JsonObject | Refusal): value is Refusal {
  return "reason" in value && "code" in value;
}

function decideCall(stored: JsonObject, posted: JsonObject, { isFollowed }: CallRules): JsonObject | Refusal {
  if (stored["state"] === "approval-responded") return DECIDED;
  const isShown =
    stored["state"] === "approval-requested" &&
    callForm(stored) === callForm(posted) &&
    approvalOf(stored)["id"] === approvalOf(posted)["id"];
  if (!isShown) return MISMATCH;
  if (isFollowed) return STALE;
  const { approved, reason } = approvalOf(posted);
  if (typeof approved !== "boolean") return MISMATCH;
  const decision = reason === undefined ? { approved } : { approved, reason };
  return { ...stored, state: "approval-responded", approval: { ...approvalOf(stored), ...decision } };
}

/** A page that shows a preliminary result of the server may have another one than was stored. */
function keepResult(stored: JsonObject, posted: JsonObject, { isSubject }: CallRules): JsonObject | Refusal {
  const isPreliminary = posted["preliminary"] === true;
  if (stored["preliminary"] !== true) return isPreliminary && !isSubject ? stored : DECIDED;
  return isPreliminary ? stored : SERVER_RESULT;
}

function addResult(stored: JsonObject, posted: JsonObject, { clientTools }: CallRules): JsonObject | Refusal {
  const { state, output, errorText, preliminary } = posted;
  const isResult = state === "output-available" || state === "output-error";
  if (!isResult || preliminary === true || stored["providerExecuted"] === true) return SERVER_RESULT;
  const isApproved = stored["state"] === "approval-responded" && approvalOf(stored)["approved"] === true;
  if (stored["state"] !== "input-available" && !isApproved) return NOT_WAITING;
  const { id, approved } = approvalOf(posted);
  if (id !== undefined && (id !== approvalOf(stored)["id"] || approved !== true)) return NOT_WAITING;
  if (!clientTools.has(toolNameOf(stored))) return SERVER_TOOL;
  if (state === "output-error") return { ...stored, state, errorText: errorText ?? "" };
  return { ...stored, state, ...(output === undefined ? {} : { output }) };
}

function approvalOf({ approval }: JsonObject): JsonObject {
  return isJsonObject(approval) ? approval : {};
}

function toolNameOf({ type, toolName }: JsonObject): string {
  if (type === "dynamic-tool") return typeof toolName === "string" ? toolName : "";
  return typeof type === "string" ? type.slice("tool-".length) : "";
}

/** Returns the form of a call's progress. */
function stateForm(call: JsonObject): string {
  const { state, output, errorText, preliminary = false } = call;
  const { id, approved, reason } = approvalOf(call);
  return pageForm({ state, output, errorText, preliminary, id, approved, reason });
}
