import { canonicalJson, isJsonObject, type JsonObject } from "@threadstore/core/documents";
import { decode } from "./decode.ts";

/** The states of a call before it has a result, in their order. */
const OPEN_STATES: readonly unknown[] = [
  "input-streaming",
  "input-available",
  "approval-requested",
  "approval-responded",
];

const DECIDED =
  "A call was already approved, denied or answered by another request. Load the conversation to see its result.";
const STALE =
  "The conversation went on after this call was shown. Nothing was written. Load the conversation to see its messages.";
const MISMATCH =
  "A decision does not belong to a stored call that waits for approval with the same tool and arguments. Nothing was written. Load the conversation and decide again.";

/**
 * Returns the reason why the calls of a posted answer must not be stored, or `undefined`. A decision applies once, to the
 * call that was shown, and only while no message follows it.
 */
export function callConflict(stored: readonly JsonObject[], posted: JsonObject): string | undefined {
  const postedCalls = callsOf(posted);
  if (postedCalls.size === 0) return undefined;
  const index = stored.findIndex(({ id }) => id === posted["id"]);
  const previous = stored[index];
  if (previous === undefined) return STALE;
  const storedCalls = callsOf(previous);
  let isAdvanced = false;
  for (const [id, call] of postedCalls) {
    const storedCall = storedCalls.get(id);
    const conflict = conflictOf(storedCall, call);
    if (conflict !== undefined) return conflict;
    isAdvanced ||= storedCall !== undefined && orderOf(call) > orderOf(storedCall);
    const isDecision =
      call["state"] === "approval-responded" && storedCall?.["state"] !== "approval-responded";
    if (isDecision && index < stored.length - 1) return STALE;
  }
  // A repeated request, whose answer was already continued.
  return !isAdvanced && partsOf(posted).length < partsOf(previous).length ? DECIDED : undefined;
}

function conflictOf(stored: JsonObject | undefined, posted: JsonObject): string | undefined {
  const isDecision = posted["state"] === "approval-responded";
  if (stored === undefined) return isDecision ? MISMATCH : undefined;
  const [storedOrder, postedOrder] = [orderOf(stored), orderOf(posted)];
  if (postedOrder < storedOrder) return DECIDED;
  if (isDecision) {
    if (stored["state"] === "approval-responded") return DECIDED;
    return stored["state"] === "approval-requested" && shownForm(stored) === shownForm(posted)
      ? undefined
      : MISMATCH;
  }
  const isAnsweredTwice = storedOrder === OPEN_STATES.length && resultForm(stored) !== resultForm(posted);
  return isAnsweredTwice && stored["preliminary"] !== true ? DECIDED : undefined;
}

function partsOf({ parts }: JsonObject): readonly JsonObject[] {
  return Array.isArray(parts) ? parts.filter(isJsonObject) : [];
}

/** Returns the calls of a message by their ids. */
function callsOf(message: JsonObject): Map<unknown, JsonObject> {
  const calls = partsOf(message).filter((part) => "toolCallId" in part);
  return new Map(calls.map((call) => [call["toolCallId"], call]));
}

/** Returns the position of a call's state in its life. States of later versions of the SDK count as results. */
function orderOf({ state }: JsonObject): number {
  const order = OPEN_STATES.indexOf(state);
  return order === -1 ? OPEN_STATES.length : order;
}

/** Returns what a user sees of a call that waits for approval. */
function shownForm({ type, toolName, input, approval }: JsonObject): string {
  return pageForm({ type, toolName, input, approvalId: isJsonObject(approval) ? approval["id"] : null });
}

function resultForm({ state, output, errorText }: JsonObject): string {
  return pageForm({ state, output, errorText });
}

/** Returns the canonical JSON of a stored value as a page receives it: dates, for example, as strings. */
function pageForm(encoded: Readonly<Record<string, JsonObject[string] | undefined>>): string {
  const members = Object.entries(encoded).map(([name, value]) => {
    return [name, value === undefined ? undefined : decode(value, "$", () => undefined)] as const;
  });
  return canonicalJson(JSON.parse(JSON.stringify(Object.fromEntries(members))));
}
