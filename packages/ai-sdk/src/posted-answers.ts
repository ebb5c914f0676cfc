import { isJsonObject, type JsonObject, memberPath } from "@threadstore/core/documents";
import type { ConversationError } from "./conversation-error.ts";
import { contentForm, isCall, isData, pageForm, partsOf } from "./page-form.ts";
import {
  type CallRules,
  DECIDED,
  isRefusal,
  isSameDecision,
  mayHaveRun,
  MISMATCH,
  nextCall,
  type Refusal,
  REPEATED_CALL,
  UNKNOWN_CALL,
} from "./posted-calls.ts";
import { callsById, orderOf } from "./repair/call-order.ts";
import { INTERRUPTED_RESULT } from "./repair/part.ts";

/** A stored message and the form in which a page that loads the conversation receives it, both encoded. */
export interface ShownMessage {
  readonly stored: JsonObject;
  readonly shown: JsonObject;
}

/** What decides whether a page may change an answer. */
export interface AnswerRules extends CallRules {
  /** Creates the error for a refusal, with the location in the posted messages. */
  readonly toError: (refusal: Refusal, path: string) => ConversationError;
}

const CHANGED_CONTENT: Refusal = {
  code: "MESSAGE_REFUSED",
  reason:
    "A page must not change what an answer says. Nothing was written. Load the conversation to see its messages.",
};

/**
 * Returns the answer to store for one that a page posted, or `undefined` if the page did not change it. Everything except
 * the decisions and results of the page comes from the stored answer. Throws for anything else that the page changed.
 */
export function changedAnswer(
  posted: JsonObject,
  path: string,
  answer: ShownMessage,
  rules: AnswerRules,
): JsonObject | undefined {
  const { stored, shown } = answer;
  const hasContent = contentCheck(answer);
  const shownParts = new Set(partsOf(shown).map(pageForm));
  const storedCalls = callsById(partsOf(stored).filter(isCall));
  const nextCalls = new Map<JsonObject, JsonObject>();
  const callIds = new Set<unknown>();
  let repeated: string | undefined;
  const posts = Array.isArray(posted["parts"]) ? posted["parts"] : [];
  for (const [index, part] of posts.entries()) {
    const partPath = memberPath(memberPath(path, "parts"), index);
    if (!isJsonObject(part) || !isCall(part)) {
      if (!isJsonObject(part) || !hasContent(part)) throw rules.toError(CHANGED_CONTENT, partPath);
      continue;
    }
    const call = storedCalls.get(part["toolCallId"]);
    if (part["state"] === "input-streaming") {
      // The page did not receive the end of this part. It may be stored nevertheless.
      if (call !== undefined && orderOf(call) > orderOf(part)) repeated ??= partPath;
      continue;
    }
    if (callIds.has(part["toolCallId"])) throw rules.toError(REPEATED_CALL, partPath);
    callIds.add(part["toolCallId"]);
    if (call !== undefined && isSameDecision(call, part)) {
      repeated ??= partPath;
      continue;
    }
    const next = call === undefined ? unknownCall(part) : nextCall(call, part, rules);
    if (!isRefusal(next)) {
      if (call !== undefined && next !== call) nextCalls.set(call, next);
    } else if (part["state"] === "approval-responded" || !shownParts.has(pageForm(part))) {
      throw rules.toError(next, partPath);
    }
  }
  if (nextCalls.size > 0) return continuedAnswer(stored, nextCalls, rules);
  // A repeated request, whose answer may already be continued.
  if (repeated !== undefined) throw rules.toError(DECIDED, repeated);
  const storedCount = Math.min(partsOf(stored).length, partsOf(shown).length);
  if (callIds.size > 0 && posts.length < storedCount) throw rules.toError(DECIDED, path);
  return undefined;
}

/**
 * Returns the answer with its next calls. A tool of the server whose call was approved by an earlier request may have run
 * or be running: its call ends, so that continuing the answer does not run it again.
 */
function continuedAnswer(
  stored: JsonObject,
  nextCalls: ReadonlyMap<JsonObject, JsonObject>,
  rules: AnswerRules,
): JsonObject {
  const parts = partsOf(stored).map((part) => {
    const next = nextCalls.get(part);
    if (next !== undefined || !isCall(part) || !mayHaveRun(part, rules)) return next ?? part;
    const { approval: _approval, ...call } = part;
    return { ...call, state: "output-error", errorText: INTERRUPTED_RESULT };
  });
  return { ...stored, parts };
}

function unknownCall({ state }: JsonObject): Refusal {
  return state === "approval-responded" ? MISMATCH : UNKNOWN_CALL;
}

/** Returns a function that tells whether an answer has a part's content, of which the page may have an older copy. */
function contentCheck({ stored, shown }: ShownMessage): (part: JsonObject) => boolean {
  const contents = [...partsOf(stored), ...partsOf(shown)].filter((part) => !isCall(part));
  const forms = new Set(contents.map(contentForm));
  return (part) => {
    const { type, state, text, id, providerMetadata: _metadata, ...others } = part;
    if (type === "step-start" || state === "streaming" || forms.has(contentForm(part))) return true;
    const isOnlyText = type === "text" && isText(text) && Object.keys(others).length === 0;
    return contents.some((content) => {
      if (content["type"] !== type) return false;
      const isBeginning = isOnlyText && isText(content["text"]) && content["text"].startsWith(text);
      // Data with an id is replaced while an answer is generated.
      const isReplaced = isData(part) && id !== undefined && content["id"] === id;
      return isBeginning || isReplaced;
    });
  };
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}
