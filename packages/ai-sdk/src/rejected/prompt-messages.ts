import type { UIMessage } from "ai";
import type { ThreadContent } from "../conversation-thread.ts";
import type { Prompt } from "../message-kind.ts";
import { isData } from "../page-form.ts";
import { isFinished } from "../repair/call-order.ts";
import {
  failedCall,
  isReasoning,
  isToolPart,
  type Part,
  type PartsMessage,
  withoutServiceItems,
} from "../repair/part.ts";
import { isLeftOut, type Mark, readMarks } from "./marks.ts";

const LEFT_OUT_FILE = "(A file was left out, because the model's service rejected it.)";
const LEFT_OUT_ANSWER = "(This answer was left out, because the model's service rejected it.)";
const LEFT_OUT_RESULT =
  "This call has ended. Its result was left out, because the model's service rejected it.";

/** Returns the messages to send to the model: without the content that its service rejected. */
export function promptOf<Message extends UIMessage>(
  messages: readonly Message[],
  content: ThreadContent,
): Prompt<Message> {
  const marks = readMarks(content);
  const rejectedIds = messages.flatMap(({ id, role }) =>
    role === "user" && isLeftOut(marks.get(id)) ? [id] : [],
  );
  const promptMessages = messages.flatMap((message) => {
    const mark = marks.get(message.id);
    if (mark === undefined) return [message];
    if (rejectedIds.includes(message.id)) return [];
    // Each part of the SDK's types has a type and further members.
    return [acceptedMessage(message, mark) as Message];
  });
  return { promptMessages, rejectedIds };
}

function acceptedMessage(message: PartsMessage, { results = [], portableSince }: Mark): PartsMessage {
  const parts = message.parts.map((part) => {
    return results.some((callId) => callId === part["toolCallId"]) ? withoutResult(part) : part;
  });
  return portableSince === undefined ? { ...message, parts } : portableMessage({ ...message, parts });
}

function withoutResult(part: Part): Part {
  const isOwnResult = isToolPart(part) && isFinished(part) && part["providerExecuted"] !== true;
  return isOwnResult && part["state"] !== "output-denied" ? failedCall(part, LEFT_OUT_RESULT) : part;
}

/**
 * Returns a message without files and data, which the application can convert to files, and without anything that only
 * the service which created it can read.
 */
function portableMessage(message: PartsMessage): PartsMessage {
  if (message.role === "user") {
    const remaining = message.parts.filter(({ type }) => !isData({ type })).map(withoutFile);
    return { ...message, parts: remaining.length > 0 ? remaining : [{ type: "text", text: LEFT_OUT_FILE }] };
  }
  const parts = message.parts.flatMap((part) => {
    const isServiceCall = isToolPart(part) && part["providerExecuted"] === true;
    return isReasoning(part) || isServiceCall || part.type === "custom" || isData({ type: part.type })
      ? []
      : [withoutServiceItems(withoutFile(part))];
  });
  const hasContent = parts.some(({ type }) => type !== "step-start");
  return { ...message, parts: hasContent ? parts : [{ type: "text", text: LEFT_OUT_ANSWER }] };
}

function withoutFile(part: Part): Part {
  return part.type === "file" ? { type: "text", text: LEFT_OUT_FILE } : part;
}
