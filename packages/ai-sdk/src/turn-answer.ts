import { canonicalJson, isJsonObject, type JsonObject, memberPath } from "@threadstore/core/documents";
import type { UIMessage } from "ai";
import { ConversationError } from "./conversation-error.ts";
import { encode } from "./encode.ts";
import { callForm, contentForm, isData } from "./page-form.ts";
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

/** Returns whether a part of an answer is the original one, of which an open call receives a result, and data new data. */
function continuesPart(original: Part, part: Part | undefined): boolean {
  if (original === part) return true;
  if (original.type !== part?.type) return false;
  const [before, after] = [encodedPart(original), encodedPart(part)];
  if (isToolPart(original)) {
    const isSameCall = original["toolCallId"] === part["toolCallId"] && callForm(before) === callForm(after);
    return isSameCall && (!isFinished(original) || resultForm(original) === resultForm(part));
  }
  const isReplaceable = isData(before) && original["id"] !== undefined && original["id"] === part["id"];
  return isReplaceable || contentForm(before) === contentForm(after);
}

function encodedPart(part: Part): JsonObject {
  const encoded = encode(part, "$");
  return isJsonObject(encoded) ? encoded : {};
}

function resultForm({ state, output, errorText }: Part): string {
  return canonicalJson(encode({ state, output, errorText }, "$"));
}
