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
 * Throws `CONFLICT` for a request that comes too late, and `MESSAGE_REFUSED` for anything else that the conversation does
 * not have.
 */
export async function acceptedMessages(
  added: readonly JsonObject[],
  stored: readonly JsonObject[],
  clientTools: ReadonlySet<string>,
  loadShown: () => Promise<readonly ShownMessage[]>,
): Promise<JsonObject[]> {
  const toError = ({ code, reason }: Refusal, path: string): ConversationError =>
    new ConversationError(code, reason, { path, unsaved: added });
  const accepted: JsonObject[] = [];
  let shown: readonly ShownMessage[] | undefined;
  for (const [index, posted] of added.entries()) {
    const path = memberPath("$", index);
    if (posted["role"] === "user") {
      const question = changedQuestion(posted, path, stored, toError);
      if (question !== undefined) accepted.push(question);
      continue;
    }
    shown ??= await loadShown();
    const isKnown = stored.some(({ id }) => id === posted["id"]);
    const position = isKnown ? shown.findIndex((message) => message.stored["id"] === posted["id"]) : -1;
    const message = shown[position];
    if (posted["role"] !== "assistant") {
      const isStored = message !== undefined && pageForm(message.shown) === pageForm(posted);
      if (!isStored) throw toError(NOT_A_PAGES_ROLE, memberPath(path, "role"));
      continue;
    }
    if (message === undefined) throw toError(STALE, path);
    if (message.stored["role"] !== "assistant") throw toError(OTHER_ROLE, memberPath(path, "id"));
    const isFollowed = position < shown.length - 1;
    const rules = { clientTools, isFollowed, isSubject: index === added.length - 1, toError };
    const answer = changedAnswer(posted, path, message, rules);
    if (answer !== undefined) accepted.push(answer);
  }
  return accepted;
}

function changedQuestion(
  posted: JsonObject,
  path: string,
  stored: readonly JsonObject[],
  toError: AnswerRules["toError"],
): JsonObject | undefined {
  const previous = stored.find(({ id }) => id === posted["id"]);
  if (previous !== undefined && previous["role"] !== "user")
    throw toError(OTHER_ROLE, memberPath(path, "id"));
  for (const [index, part] of partsOf(posted).entries()) {
    if (QUESTION_PARTS.includes(part["type"]) || isData(part)) continue;
    throw toError(NOT_IN_QUESTION, memberPath(memberPath(path, "parts"), index));
  }
  // Dates, for example, keep their type in a message that the page did not change.
  return previous !== undefined && isSameMessage(previous, posted) ? undefined : posted;
}

/** Returns whether a page received the stored message as it posted it. A stored message may be invalid. */
export function isSameMessage(stored: JsonObject, posted: JsonObject): boolean {
  try {
    return pageForm(stored) === pageForm(posted);
  } catch {
    return false;
  }
}
