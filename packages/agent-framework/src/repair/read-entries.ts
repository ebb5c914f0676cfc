import { memberPath } from "@threadstore/core/documents";
import { readContent } from "../content/read-content.ts";
import {
  finishMessage,
  type MessageEntry,
  readHead,
  removeContent,
  toMessageEntry,
} from "../entries/entries.ts";
import { InterchangeError } from "../interchange-error.ts";
import { type JsonNode, type Member, printNode } from "../json/node.ts";
import type { Language } from "../shapes/shape.ts";
import type { RepairLog } from "./repair-log.ts";

/** Reads the messages to repair. Messages and content items that cannot be read are dropped and logged. */
export function readEntries(
  nodes: readonly JsonNode[],
  path: string,
  language: Language,
  log: RepairLog,
): MessageEntry[] {
  return nodes.flatMap((unrepaired, index) => {
    const messagePath = memberPath(path, index);
    const node = repairText(unrepaired, messagePath, log);
    const message = node.type === "object" ? toMessageEntry(node, messagePath) : undefined;
    const fault = message === undefined ? messagePath : findFault(() => readHead(message, language));
    if (message === undefined || fault !== undefined) {
      const remedy = "A repair drops the message.";
      const finding = {
        code: "message-invalid",
        path: fault ?? messagePath,
        message: "The message is invalid.",
        remedy,
      } as const;
      log.add(finding, "drop", "A repair drops it.");
      return [];
    }
    dropUnreadable(message, language, log);
    return [message];
  });
}

function dropUnreadable(message: MessageEntry, language: Language, log: RepairLog): void {
  for (const content of message.contents) {
    if (content.node.type === "null" && language === "python") continue;
    const fault = findFault(() => readContent(content.node, language, content.path));
    if (fault === undefined) continue;
    const remedy = "A repair drops the content.";
    log.add(
      { code: "content-invalid", path: fault, message: "The content item is invalid.", remedy },
      "drop",
      "A repair drops it.",
    );
    removeContent(message, content);
  }
}

/** Returns the path at which reading fails, or `undefined` if it succeeds. */
function findFault(read: () => unknown): string | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    if (InterchangeError.is(error, "THREAD_INVALID")) return error.path;
    throw error;
  }
}

/** Replaces lone surrogates, which Python can write, and which no store and no provider accepts. */
function repairText(node: JsonNode, path: string, log: RepairLog): JsonNode {
  if (node.type === "array") {
    const items = node.items.map((item, index) => repairText(item, memberPath(path, index), log));
    return items.every((item, index) => item === node.items[index]) ? node : { type: "array", items };
  }
  if (node.type === "object") {
    const members = node.members.map(([name, value]): Member => [
      repairString(name, path, log),
      repairText(value, memberPath(path, name), log),
    ]);
    const isUnchanged = members.every(([name, value], index) => {
      const [oldName, oldValue] = node.members[index] ?? [];
      return name === oldName && value === oldValue;
    });
    return isUnchanged ? node : { type: "object", members };
  }
  if (node.type !== "string") return node;
  const value = repairString(node.value, path, log);
  return value === node.value ? node : { type: "string", value };
}

function repairString(text: string, path: string, log: RepairLog): string {
  if (text.isWellFormed()) return text;
  const message = "The text contains half of a character.";
  const remedy = "A repair replaces it with U+FFFD.";
  log.add({ code: "text-malformed", path, message, remedy }, "rewrite", "A repair replaces it with U+FFFD.");
  return text.toWellFormed();
}

/**
 * Drops messages that equal the message before them in every member, including ids and times. Tool results are
 * excluded: their call ids distinguish them.
 */
export function dropCopies(
  messages: readonly MessageEntry[],
  language: Language,
  log: RepairLog,
): MessageEntry[] {
  let previous: string | undefined;
  return messages.filter((entry) => {
    const isComparable = entry.contents.length > 0 && readHead(entry, language).role !== "tool";
    const text = isComparable ? printNode(finishMessage(entry)) : undefined;
    const isCopy = text !== undefined && text === previous;
    previous = text;
    if (!isCopy) return true;
    const message = "The message is a copy of the one before it.";
    const remedy = "A repair drops the copy.";
    log.add({ code: "message-duplicated", path: entry.path, message, remedy }, "drop", "A repair drops it.");
    return false;
  });
}
