import { type JsonObject, memberPath } from "@threadstore/core/documents";
import { ConversationError } from "./conversation-error.ts";
import { isData, pageForm, partsOf } from "./page-form.ts";
import { type AnswerRules, changedAnswer, type ShownMessage } from "./posted-answers.ts";
import { type Refusal, STALE } from "./posted-calls.ts";

/** The types of parts, besides data, that a user's message can have. */
const QUESTION_PARTS: readonly unknown[] = ["file", "source-document", "source-url", "text"];

const NOT_A_PAGES_ROLE = refuse("A page must not write messages of this role.");
const OTHER_ROLE = refuse("The stored message with this id has another role.");
const NOT_IN_QUESTION = refuse("A user's message must not have parts of this type.");

function refuse(problem: string): Refusal {
  const remedy = "Nothing was written. If your own code created the message, use `appendTrusted`.";
  return { code: "MESSAGE_REFUSED", reason: `${problem} ${remedy}` };
}

/**
 * Returns the messages to store for those that a page posted. A page may write questions, and change the calls of answers
 * as {@link changedAnswer} allows. Messages that do not change the conversation are left out.
 *
 * The last message is the subject of the request. If it comes too late, this throws `CONFLICT`, and `MESSAGE_REFUSED` for
 * anything else that the conversation does not have. Pages also send earlier messages, among them answers that were never
 * stored, or only in part. Those that are not allowed are left out: if they were refused, every later question would be too.
 */
export async function acceptedMessages(
  added: readonly JsonObject[],
  stored: readonly JsonObject[],
  clientTools: ReadonlySet<string>,
  loadShown: () => Promise<readonly ShownMessage[]>,
): Promise<JsonObject[]> {
  const toError = ({ code, reason }: Refusal, path: string): ConversationError =>
    new ConversationError(code, reason, { path, unsaved: added });
  const areIdentified = new Set(stored.map(({ id }) => id)).size === stored.length && stored.every(hasId);
  const shown = added.every(({ role }) => role === "user") ? [] : await loadShown();
  return added.flatMap((posted, index) => {
    const isSubject = index === added.length - 1;
    const path = memberPath("$", index);
    try {
      const changed =
        posted["role"] === "user"
          ? changedQuestion(posted, path, stored, toError)
          : changedShown(posted, path, stored, shown, { clientTools, isSubject, toError });
      return changed === undefined ? [] : [changed];
    } catch (error) {
      // The page knows a message without an id by the one that it received when the conversation was loaded.
      if (isSubject || !areIdentified || !ConversationError.is(error)) throw error;
      return [];
    }
  });
}

function hasId({ id }: JsonObject): boolean {
  return typeof id === "string" && id !== "";
}

/** Returns the message to store for one that is not a question, or `undefined` if the page did not change it. */
function changedShown(
  posted: JsonObject,
  path: string,
  stored: readonly JsonObject[],
  shown: readonly ShownMessage[],
  rules: Omit<AnswerRules, "isFollowed">,
): JsonObject | undefined {
  const isKnown = stored.some(({ id }) => id === posted["id"]);
  const position = isKnown ? shown.findIndex((message) => message.stored["id"] === posted["id"]) : -1;
  const message = shown[position];
  if (posted["role"] !== "assistant") {
    const isStored = message !== undefined && pageForm(message.shown) === pageForm(posted);
    if (!isStored) throw rules.toError(NOT_A_PAGES_ROLE, memberPath(path, "role"));
    return undefined;
  }
  if (message === undefined) throw rules.toError(STALE, path);
  if (message.stored["role"] !== "assistant") throw rules.toError(OTHER_ROLE, memberPath(path, "id"));
  return changedAnswer(posted, path, message, { ...rules, isFollowed: position < shown.length - 1 });
}

function changedQuestion(
  posted: JsonObject,
  path: string,
  stored: readonly JsonObject[],
  toError: AnswerRules["toError"],
): JsonObject | undefined {
  const previous = stored.find(({ id }) => id === posted["id"]);
  // Dates, for example, keep their type in a message that the page did not change.
  if (previous !== undefined && isSameMessage(previous, posted)) return undefined;
  if (previous !== undefined && previous["role"] !== "user")
    throw toError(OTHER_ROLE, memberPath(path, "id"));
  for (const [index, part] of partsOf(posted).entries()) {
    if (QUESTION_PARTS.includes(part["type"]) || isData(part)) continue;
    throw toError(NOT_IN_QUESTION, memberPath(memberPath(path, "parts"), index));
  }
  return posted;
}

/** Returns whether a page received the stored message as it posted it. A stored message may be invalid. */
export function isSameMessage(stored: JsonObject, posted: JsonObject): boolean {
  try {
    return pageForm(stored) === pageForm(posted);
  } catch {
    return false;
  }
}
