import { isJsonObject, type JsonObject } from "@threadstore/core/documents";
import { elementProblem } from "./check-element.ts";
import {
  type LogElement,
  type MessageEntry,
  PAGE_THREAD_KIND,
  PAGE_THREAD_VERSION,
} from "./message-entry.ts";
import { messagesOfLog } from "./message-log.ts";
import { ThreadApiError } from "./thread-api-error.ts";

const SERVER_THREAD_KIND = "ai-sdk-ui-messages";
const SERVER_THREAD_VERSION = 1;

/** Returns the messages of a format that the page stored, with their branches. Throws {@link ThreadApiError}. */
export function readPageMessages(thread: JsonObject, format: string): MessageEntry[] {
  const elements = readElements(thread, PAGE_THREAD_KIND, PAGE_THREAD_VERSION);
  elements.forEach((element, index) => {
    const problem = elementProblem(element, `$.messages[${index}]`);
    if (problem !== undefined) throw invalidThread(problem.path);
  });
  return messagesOfLog(elements as LogElement[], format);
}

/** A message of the AI SDK, and the id of the one before it. */
export interface ServerMessage {
  readonly parentId: string | null;
  readonly message: JsonObject;
}

/** Returns the messages that `uiMessageStore` stored on the server. Throws {@link ThreadApiError}. */
export function readServerMessages(thread: JsonObject): ServerMessage[] {
  let parentId: string | null = null;
  return readElements(thread, SERVER_THREAD_KIND, SERVER_THREAD_VERSION).map((element, index) => {
    const path = `$.messages[${index}]`;
    if (!isJsonObject(element)) throw invalidThread(path);
    const { id, role, parts } = element;
    if (typeof id !== "string") throw invalidThread(`${path}.id`);
    if (typeof role !== "string") throw invalidThread(`${path}.role`);
    if (!Array.isArray(parts)) throw invalidThread(`${path}.parts`);
    const item = { parentId, message: toPlain(element) as JsonObject };
    parentId = id;
    return item;
  });
}

function readElements(thread: JsonObject, expectedKind: string, expectedVersion: number): unknown[] {
  const { kind, version, messages } = thread;
  if (kind !== expectedKind) {
    const message = "This conversation cannot be shown here, because another application stored it.";
    throw new ThreadApiError("THREAD_MISMATCH", message, { path: "$.kind" });
  }
  if (version !== expectedVersion) throw invalidThread("$.version");
  if (!Array.isArray(messages)) throw invalidThread("$.messages");
  return messages;
}

function invalidThread(path: string): ThreadApiError {
  const message = "This conversation cannot be shown, because its stored form is invalid.";
  return new ThreadApiError("THREAD_INVALID", message, { path });
}

/** Stored forms of values that JSON cannot represent, which pages receive as `JSON.stringify` writes the values. */
const PLAIN_FORMS: { readonly [member: string]: (value: unknown) => unknown } = {
  $arrayBuffer: () => ({}),
  $bigint: (value) => value,
  $bytes: (value) => value,
  $date: (value) => value,
  $number: () => null,
  $object: (value) => (isJsonObject(value) ? toPlainMembers(value) : value),
  $url: (value) => value,
};

function toPlain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toPlain);
  if (!isJsonObject(value)) return value;
  const [first, ...others] = Object.entries(value);
  if (first !== undefined && others.length === 0 && Object.hasOwn(PLAIN_FORMS, first[0])) {
    return PLAIN_FORMS[first[0]]?.(first[1]);
  }
  return toPlainMembers(value);
}

function toPlainMembers(value: JsonObject): object {
  return Object.fromEntries(Object.entries(value).map(([member, each]) => [member, toPlain(each)]));
}
