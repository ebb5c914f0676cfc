import { canonicalJson, memberPath } from "@threadstore/core/documents";
import type { UIMessage } from "ai";
import { ConversationError } from "./conversation-error.ts";
import { encode } from "./encode.ts";
import { isFinished } from "./repair/call-order.ts";
import { isToolPart, type Part } from "./repair/part.ts";

/**
 * Returns the messages of a turn with its answer, as `close` returns it. Nothing else of the SDK's list is saved: an
 * application may have passed the messages of a page to the SDK.
 */
export function withAnswer<Message extends UIMessage>(
  originals: readonly Message[],
  answer: Message | undefined,
  close: (answer: Message, index: number) => Message,
): Message[] {
  if (answer?.role !== "assistant") return [...originals];
  const position = originals.findIndex(({ id }) => id === answer.id);
  const original = originals[position];
  if (original === undefined) return [...originals, close(answer, originals.length)];
  const changed = original.parts.findIndex((part, index) => !continuesPart(part, answer.parts[index]));
  if (original.role !== "assistant" || changed !== -1) {
    const path = memberPath(memberPath(`$.messages[${position}]`, "parts"), Math.max(changed, 0));
    const message =
      "The answer does not continue the stored one. Pass the turn's `originalMessages` to the stream.";
    throw new ConversationError("MESSAGE_REFUSED", message, { path, unsaved: [answer] });
  }
  return originals.with(position, close(answer, position));
}

/** Returns whether a part of an answer is the original one, which only changes if it is an open call or data. */
function continuesPart(original: Part, part: Part | undefined): boolean {
  if (original.type !== part?.type) return false;
  if (original["toolCallId"] !== part["toolCallId"] || original["text"] !== part["text"]) return false;
  return !isToolPart(original) || !isFinished(original) || resultForm(original) === resultForm(part);
}

function resultForm({ state, output, errorText }: Part): string {
  return canonicalJson(encode({ state, output, errorText }, "$"));
}
