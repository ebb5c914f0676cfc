import { isJsonObject, type JsonObject } from "@threadstore/core/documents";
import { ConversationError, invalidArgument } from "./conversation-error.ts";
import type { ThreadContent } from "./conversation-thread.ts";
import { isSameMessage } from "./posted-messages.ts";
import { withRetried } from "./rejected/marks.ts";

/** The request of a page, as `useChat` sends it. */
export interface PostOptions {
  /**
   * `"submit-message"` for a new or edited message, an approval or a tool result, and `"regenerate-message"` for
   * another answer to the last message.
   */
  readonly trigger?: "regenerate-message" | "submit-message" | undefined;
  /** The id of the message to edit or to generate again. */
  readonly messageId?: string | undefined;
}

/** Counts, for each message, how often the messages after it were discarded. */
const REVISIONS = "revisions";

/** Throws `INVALID_ARGUMENT` for an unknown trigger or an invalid id. */
export function checkPostOptions({ trigger, messageId }: PostOptions): void {
  if (trigger !== undefined && trigger !== "regenerate-message" && trigger !== "submit-message") {
    throw invalidArgument("trigger", '"submit-message" or "regenerate-message"');
  }
  if (messageId !== undefined && typeof messageId !== "string")
    throw invalidArgument("messageId", "a string");
}

/**
 * Returns the content after messages were posted, of which `accepted` are to be stored. An edited message, and one that
 * is answered again, becomes the last message. Throws `CONFLICT` for a request that was repeated after its message was
 * answered.
 */
export function postMessages(
  content: ThreadContent,
  added: readonly JsonObject[],
  accepted: readonly JsonObject[],
  { trigger, messageId }: PostOptions,
  append: (stored: readonly JsonObject[], added: readonly JsonObject[]) => JsonObject[],
): ThreadContent {
  const { messages: stored } = content;
  const appended = append(stored, accepted);
  // A page that posts a rejected question again asks for an answer to it.
  const retried = withRetried({ ...content, messages: appended }, added.at(-1)?.["id"]);
  if (trigger === undefined) return retried;
  const last =
    trigger === "regenerate-message"
      ? lastOfRegeneration(appended, added, messageId)
      : lastOfSubmission(stored, added, messageId);
  if (last === undefined) return retried;
  const messages = appended.slice(0, appended.findIndex(({ id }) => id === last) + 1);
  const { extra } = withRetried(retried, last);
  return { messages, extra: { ...extra, [REVISIONS]: nextRevisions(content, messages, last) } };
}

/** Returns how often the messages after this one were discarded. */
export function revisionOf({ extra }: ThreadContent, id: string): number {
  const revisions = extra[REVISIONS];
  const count = isJsonObject(revisions) && Object.hasOwn(revisions, id) ? revisions[id] : 0;
  return typeof count === "number" ? count : 0;
}

/** Returns the id of the message that is answered again. */
function lastOfRegeneration(
  messages: readonly JsonObject[],
  added: readonly JsonObject[],
  messageId: string | undefined,
): string | undefined {
  const posted = added.at(-1)?.["id"];
  const indexes = [messages.findIndex(({ id }) => id === posted)];
  const index = messages.findIndex(({ id }) => id === messageId);
  indexes.push(messages[index]?.["role"] === "assistant" ? index - 1 : index);
  const known = indexes.filter((position) => position >= 0);
  const last = known.length > 0 ? Math.min(...known) : messages.findLastIndex(({ role }) => role === "user");
  return messages[last]?.["id"] as string | undefined;
}

/** Returns the id of an edited message, or `undefined` if the messages are new. */
function lastOfSubmission(
  stored: readonly JsonObject[],
  added: readonly JsonObject[],
  messageId: string | undefined,
): string | undefined {
  const posted = added.at(-1);
  const index = stored.findIndex(({ id }) => id === posted?.["id"]);
  const previous = stored[index];
  if (posted === undefined || previous === undefined) return undefined;
  if (posted["role"] !== "user") return undefined;
  const isRepeated = messageId === undefined && isSameMessage(previous, posted);
  if (!isRepeated) return posted["id"] as string;
  if (index === stored.length - 1) return undefined;
  const message = "This message was posted and answered before. Load the conversation to see its answer.";
  throw new ConversationError("CONFLICT", message, { unsaved: added });
}

function nextRevisions(content: ThreadContent, messages: readonly JsonObject[], last: string): JsonObject {
  const ids = messages.flatMap(({ id }) => (typeof id === "string" ? [id] : []));
  const counts = ids.map((id): [string, number] => [id, revisionOf(content, id) + (id === last ? 1 : 0)]);
  return Object.fromEntries(counts.filter(([, count]) => count > 0));
}
