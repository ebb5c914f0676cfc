import type { SerializedThread } from "@threadstore/core";
import { type JsonObject, THREAD_FORMAT } from "@threadstore/core/documents";
import { withApprovals } from "./approvals.ts";
import { chatDrafts } from "./chat-messages.ts";
import { type Draft, type Entry, objectsOf, textOf } from "./entry.ts";
import { langChainDrafts } from "./langchain-messages.ts";
import { createdAtOf } from "./message-time.ts";
import { itemDrafts } from "./response-items.ts";
import { modelMessageDrafts, uiMessageDrafts } from "./sdk-messages.ts";

/** A kind of conversation: the member with its messages, and how to read each. */
interface Form {
  readonly member: string;
  readonly read: (message: JsonObject) => Draft[];
}

/** A thread as a conversation. */
export interface Conversation {
  /** The name of the form: the kind of the thread, `langchain`, or `messages` for other objects with messages. */
  readonly form: string;
  readonly entries: readonly Entry[];
}

/** The forms of the threads that this project's packages write, by the kind in them. */
const FORMS: ReadonlyMap<string, Form> = new Map([
  ["chat", { member: "messages", read: chatDrafts }],
  ["responses", { member: "messages", read: itemDrafts }],
  ["openai-agents-items", { member: "items", read: itemDrafts }],
  ["ai-sdk-ui-messages", { member: "messages", read: uiMessageDrafts }],
  ["ai-sdk-model-messages", { member: "messages", read: modelMessageDrafts }],
]);

/** Any other object with `messages`. */
const OTHER: Form = { member: "messages", read: otherDrafts };

/** Reads a thread as a conversation; `undefined` if it does not have a known form. The thread is untrusted. */
export function readConversation(thread: SerializedThread): Conversation | undefined {
  const isOwn = thread["format"] === THREAD_FORMAT;
  const form = isOwn ? FORMS.get(textOf(thread["kind"])) : OTHER;
  const messages = form && objectsOf(thread[form.member]);
  if (form === undefined || messages === undefined) return undefined;
  if (!isOwn && !messages.every((message) => isMessage(message))) return undefined;
  const entries = messages.flatMap((message, index) => {
    const time = createdAtOf(message);
    return form.read(message).map((part) => entryOf(part, { member: form.member, index, time }));
  });
  return { form: nameOf(thread, messages, isOwn), entries: withApprovals(entries, thread) };
}

function nameOf(thread: SerializedThread, messages: readonly JsonObject[], isOwn: boolean): string {
  if (isOwn) return textOf(thread["kind"]);
  const [first] = messages;
  return first !== undefined && isLangChain(first) ? "langchain" : "messages";
}

interface Message {
  readonly member: string;
  readonly index: number;
  readonly time: string | undefined;
}

function entryOf({ at, value, ...part }: Draft, { member, index, time }: Message): Entry {
  const path = `$.${member}[${index}]${at}`;
  const bytes = Buffer.byteLength(JSON.stringify(value) ?? "");
  return { ...part, index, path, bytes, ...(time === undefined ? {} : { createdAt: time }) };
}

function isMessage(message: JsonObject): boolean {
  return typeof message["role"] === "string" || langChainDrafts(message) !== undefined;
}

function isLangChain(message: JsonObject): boolean {
  return typeof message["role"] !== "string" && langChainDrafts(message) !== undefined;
}

function otherDrafts(message: JsonObject): Draft[] {
  const langChain = typeof message["role"] === "string" ? undefined : langChainDrafts(message);
  if (langChain !== undefined) return langChain;
  if (Array.isArray(message["parts"])) return uiMessageDrafts(message);
  const hasParts = objectsOf(message["content"])?.some(({ type }) =>
    /^tool-(?:call|result)$/u.test(textOf(type)),
  );
  return hasParts === true ? modelMessageDrafts(message) : chatDrafts(message);
}
