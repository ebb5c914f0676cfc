import { readContent } from "../content/read-content.ts";
import { InterchangeError } from "../interchange-error.ts";
import { memberPath, printNode, type JsonNode, type Member } from "../json/node.ts";
import type { Language } from "../shapes/shape.ts";
import type { Account } from "./account.ts";
import { finishItem, readHead, readItem, removeSlot, type Item } from "./working-copy.ts";

/** Takes up messages, without what cannot be read. */
export function readItems(
  messages: readonly JsonNode[],
  path: string,
  language: Language,
  account: Account,
): Item[] {
  return messages.flatMap((message, index) => {
    const itemPath = `${path}[${index}]`;
    const node = mendText(message, itemPath, account);
    const item = node.type === "object" ? readItem(node, itemPath) : undefined;
    const fault = item === undefined ? itemPath : findFault(() => readHead(item, language));
    if (item === undefined || fault !== undefined) {
      const remedy = "A repair drops the message.";
      const damage = {
        code: "message-invalid",
        path: fault ?? itemPath,
        message: "this is no message",
        remedy,
      } as const;
      account.add(damage, "drop", "the message was dropped");
      return [];
    }
    dropUnreadable(item, language, account);
    return [item];
  });
}

function dropUnreadable(item: Item, language: Language, account: Account): void {
  for (const slot of item.slots) {
    if (slot.node.type === "null" && language === "python") continue;
    const fault = findFault(() => readContent(slot.node, language, slot.path));
    if (fault === undefined) continue;
    const remedy = "A repair drops the content.";
    account.add(
      { code: "content-invalid", path: fault, message: "this is no content of a message", remedy },
      "drop",
      "the content was dropped",
    );
    removeSlot(item, slot);
  }
}

/** Where something cannot be read. */
function findFault(read: () => unknown): string | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    if (InterchangeError.is(error, "THREAD_INVALID")) return error.path;
    throw error;
  }
}

/** Replaces halves of characters, which Python can hold, and which no store and no provider takes. */
function mendText(node: JsonNode, path: string, account: Account): JsonNode {
  if (node.type === "array") {
    const items = node.items.map((item, index) => mendText(item, `${path}[${index}]`, account));
    return items.every((item, index) => item === node.items[index]) ? node : { type: "array", items };
  }
  if (node.type === "object") {
    const members = node.members.map(([name, value]): Member => [
      mendString(name, path, account),
      mendText(value, memberPath(path, name), account),
    ]);
    const isSame = members.every(([name, value], index) => {
      const [oldName, oldValue] = node.members[index] ?? [];
      return name === oldName && value === oldValue;
    });
    return isSame ? node : { type: "object", members };
  }
  if (node.type !== "string") return node;
  const value = mendString(node.value, path, account);
  return value === node.value ? node : { type: "string", value };
}

function mendString(text: string, path: string, account: Account): string {
  if (text.isWellFormed()) return text;
  const message = "the text has half of a character";
  const remedy = "A repair replaces it with U+FFFD.";
  account.add({ code: "text-malformed", path, message, remedy }, "rewrite", "U+FFFD took its place");
  return text.toWellFormed();
}

/** Drops messages that are copies of the one before, ids and times and all. Results are told apart by their calls. */
export function dropCopies(items: readonly Item[], language: Language, account: Account): Item[] {
  let previous: string | undefined;
  return items.filter((item) => {
    const isSpoken = item.slots.length > 0 && readHead(item, language).role !== "tool";
    const text = isSpoken ? printNode(finishItem(item)) : undefined;
    const isCopy = text !== undefined && text === previous;
    previous = text;
    if (!isCopy) return true;
    const message = "this message says exactly what the one before it says";
    const remedy = "A repair drops the second one.";
    account.add({ code: "message-duplicated", path: item.path, message, remedy }, "drop", "it was dropped");
    return false;
  });
}
