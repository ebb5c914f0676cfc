import { memberPath } from "@threadstore/core/documents";
import { InterchangeError } from "../interchange-error.ts";
import { getMember, getText, type JsonNode, type ObjectNode, printNode, stringNode } from "../json/node.ts";
import type { Language } from "../shapes/shape.ts";
import { type Content, newContent } from "./content.ts";
import type { KindRule } from "./kind-rule.ts";
import { COMMON_NAMES } from "./kinds.ts";

type ReadContent = (node: JsonNode, language: Language, path: string) => Content;

/** Reads the content items in a field of a content item. Python can also have any other JSON there. */
export function readNested(
  node: ObjectNode,
  rule: KindRule,
  language: Language,
  path: string,
  read: ReadContent,
): Content[] {
  const names = rule.fields.find(({ form }) => form === "content" || form === "contents")?.names[language];
  const name = names?.find((candidate) => getMember(node, candidate) !== undefined);
  const value = name === undefined ? undefined : getMember(node, name);
  if (name === undefined || value === undefined || value.type === "null") return [];
  const fieldPath = memberPath(path, name);
  if (value.type !== "array") return [readItem(value, language, fieldPath, read)];
  return value.items.map((item, index) => readItem(item, language, memberPath(fieldPath, index), read));
}

function readItem(item: JsonNode, language: Language, path: string, read: ReadContent): Content {
  if (item.type === "string") return newContent("text", path, { text: item });
  if (item.type !== "object" || getText(item, COMMON_NAMES[language].type) === undefined) {
    return newContent("text", path, { text: stringNode(printNode(item)) });
  }
  try {
    return read(item, language, path);
  } catch (error) {
    if (!InterchangeError.is(error, "THREAD_INVALID")) throw error;
    const unknownMembers = item.members.map(([member]) => member);
    return { ...newContent("text", path, {}), kind: "unknown", type: "invalid content", unknownMembers };
  }
}
