import type { SerializedThread } from "@threadstore/core";
import { type JsonObject, THREAD_FORMAT } from "@threadstore/core/documents";
import { chatEntries, langChainEntries } from "./chat-messages.ts";
import { type Entry, objectsOf, textOf } from "./entry.ts";
import { itemEntries } from "./response-items.ts";
import { modelMessageEntries, uiMessageEntries } from "./sdk-messages.ts";

/** A kind of conversation: the member with its messages, and how to read each. */
interface Form {
  readonly member: string;
  readonly read: (message: JsonObject) => Entry[];
}

/** The forms of the threads that this project's packages write, by the kind in them. */
const FORMS: ReadonlyMap<string, Form> = new Map([
  ["chat", { member: "messages", read: chatEntries }],
  ["responses", { member: "messages", read: itemEntries }],
  ["openai-agents-items", { member: "items", read: itemEntries }],
  ["ai-sdk-ui-messages", { member: "messages", read: uiMessageEntries }],
  ["ai-sdk-model-messages", { member: "messages", read: modelMessageEntries }],
]);

/** Any other object with `messages`. */
const OTHER: Form = { member: "messages", read: otherEntries };

/** Reads a thread as a conversation; `undefined` if it does not have a known form. The thread is untrusted. */
export function readConversation(thread: SerializedThread): Entry[] | undefined {
  const isOwn = thread["format"] === THREAD_FORMAT;
  const form = isOwn ? FORMS.get(textOf(thread["kind"])) : OTHER;
  const messages = form && objectsOf(thread[form.member]);
  if (form === undefined || messages === undefined) return undefined;
  if (!isOwn && !messages.every((message) => isMessage(message))) return undefined;
  return messages.flatMap((message) => form.read(message));
}

function isMessage(message: JsonObject): boolean {
  return typeof message["role"] === "string" || langChainEntries(message) !== undefined;
}

function otherEntries(message: JsonObject): Entry[] {
  const langChain = typeof message["role"] === "string" ? undefined : langChainEntries(message);
  if (langChain !== undefined) return langChain;
  if (Array.isArray(message["parts"])) return uiMessageEntries(message);
  const hasParts = objectsOf(message["content"])?.some(({ type }) =>
    /^tool-(?:call|result)$/u.test(textOf(type)),
  );
  return hasParts === true ? modelMessageEntries(message) : chatEntries(message);
}
