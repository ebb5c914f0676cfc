import type { SerializedThread } from "@threadstore/core";
import { isJsonObject, type JsonObject, THREAD_FORMAT } from "@threadstore/core/documents";
import { type OpenTurn, openTurnOf, withApprovals } from "./approvals.ts";
import { adkDrafts, claudeDrafts, contentMessageDrafts, mastraDrafts } from "./bridge-messages.ts";
import { chatDrafts } from "./chat-messages.ts";
import { type Draft, type Entry, jsonOf, objectsOf, textOf } from "./entry.ts";
import { langChainDrafts } from "./langchain-messages.ts";
import { createdAtOf } from "./message-time.ts";
import { itemDrafts } from "./response-items.ts";
import { modelMessageDrafts, uiMessageDrafts } from "./sdk-messages.ts";

/** A kind of conversation: where its messages are, and how to read each. */
interface Form {
  /** The names of the members that lead to the messages. */
  readonly path: readonly string[];
  readonly read: (message: JsonObject) => Draft[];
}

/** A thread as a conversation. */
export interface Conversation {
  /** The name of the form: the kind of the thread, `langchain`, or `messages` for other objects with messages. */
  readonly form: string;
  readonly entries: readonly Entry[];
  /** The open turn of an agent's thread. */
  readonly openTurn: OpenTurn | undefined;
}

/** The forms of the threads that this project's packages write, by the kind in them. */
const FORMS: ReadonlyMap<string, Form> = new Map([
  ["chat", { path: ["messages"], read: chatDrafts }],
  ["responses", { path: ["messages"], read: itemDrafts }],
  ["openai-agents-items", { path: ["items"], read: itemDrafts }],
  ["ai-sdk-ui-messages", { path: ["messages"], read: uiMessageDrafts }],
  ["ai-sdk-model-messages", { path: ["messages"], read: modelMessageDrafts }],
  ["adk-session", { path: ["events"], read: adkDrafts }],
  ["claude-agent-segment", { path: ["entries"], read: claudeDrafts }],
  ["claude-agent-transcript", { path: ["entries"], read: claudeDrafts }],
  ["genkit-snapshot", { path: ["snapshot", "state", "messages"], read: contentMessageDrafts }],
  ["mastra-thread", { path: ["messages"], read: mastraDrafts }],
  ["strands-value", { path: ["json", "data", "messages"], read: contentMessageDrafts }],
]);

/** Any other object with `messages`. */
const OTHER: Form = { path: ["messages"], read: otherDrafts };

/** Reads a thread as a conversation; `undefined` if it does not have a known form. The thread is untrusted. */
export function readConversation(thread: SerializedThread): Conversation | undefined {
  const isOwn = thread["format"] === THREAD_FORMAT;
  const form = isOwn ? FORMS.get(textOf(thread["kind"])) : OTHER;
  const messages = form && objectsOf(memberAt(thread, form.path));
  if (form === undefined || messages === undefined) return undefined;
  if (!isOwn && !messages.every((message) => isMessage(message))) return undefined;
  const entries = messages.flatMap((message, index) => {
    const time = createdAtOf(message);
    return form
      .read(message)
      .map((part) => entryOf(part, { path: `$.${form.path.join(".")}[${index}]`, index, time }));
  });
  return {
    form: nameOf(thread, messages, isOwn),
    entries: withApprovals(entries, thread),
    openTurn: isOwn ? openTurnOf(thread) : undefined,
  };
}

function nameOf(thread: SerializedThread, messages: readonly JsonObject[], isOwn: boolean): string {
  if (isOwn) return textOf(thread["kind"]);
  const [first] = messages;
  return first !== undefined && isLangChain(first) ? "langchain" : "messages";
}

function memberAt(thread: SerializedThread, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, name) => (isJsonObject(value) ? value[name] : undefined), thread);
}

interface Message {
  readonly path: string;
  readonly index: number;
  readonly time: string | undefined;
}

function entryOf({ at, value, ...part }: Draft, { path, index, time }: Message): Entry {
  const bytes = Buffer.byteLength(jsonOf(value));
  return { ...part, index, path: path + at, bytes, ...(time === undefined ? {} : { createdAt: time }) };
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
