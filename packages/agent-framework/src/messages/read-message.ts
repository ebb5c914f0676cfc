import { memberPath } from "@threadstore/core/documents";
import { readContent } from "../content/read-content.ts";
import { invalidNode } from "../json/invalid-node.ts";
import { getMember, isBlank, objectNode, type JsonNode, type ObjectNode } from "../json/node.ts";
import type { Language } from "../shapes/shape.ts";
import type { Message } from "./message.ts";

const NAMES = {
  csharp: {
    authorName: "authorName",
    messageId: "messageId",
    createdAt: "createdAt",
    properties: "additionalProperties",
    type: undefined,
  },
  python: {
    authorName: "author_name",
    messageId: "message_id",
    createdAt: undefined,
    properties: "additional_properties",
    type: "type",
  },
} as const;

/** Reads a message that a language wrote. Throws `THREAD_INVALID` with the path. */
export function readMessage(node: JsonNode, language: Language, path: string): Message {
  if (node.type !== "object") throw invalidNode(path, "a message", node);
  const { authorName, messageId, createdAt, properties } = NAMES[language];
  const messageProperties = readProperties(node, properties, path);
  return {
    role: readRole(getMember(node, "role"), language, `${path}.role`),
    authorName: readText(node, authorName, path),
    messageId: readText(node, messageId, path),
    createdAt: createdAt === undefined ? undefined : readValue(node, createdAt),
    properties: messageProperties,
    contents: readContents(getMember(node, "contents"), language, `${path}.contents`),
    isExcluded: language === "python" && isTrue(getMember(messageProperties, "_excluded")),
    unknownMembers: findUnknownMembers(node, language),
    path,
  };
}

function readRole(role: JsonNode | undefined, language: Language, path: string): string {
  // In C#, the role defaults to the user.
  if (role === undefined && language === "csharp") return "user";
  // The first Python version writes roles as objects.
  const value = role?.type === "object" && language === "python" ? getMember(role, "value") : role;
  if (value?.type !== "string") throw invalidNode(path, "a role", value);
  return value.value;
}

function readContents(list: JsonNode | undefined, language: Language, path: string): Message["contents"] {
  if (list === undefined || list.type === "null") return [];
  if (list.type !== "array") throw invalidNode(path, "an array of content items", list);
  return list.items.flatMap((item, index) =>
    item.type === "null" && language === "python"
      ? []
      : [readContent(item, language, memberPath(path, index))],
  );
}

function readText(node: ObjectNode, name: string, path: string): string | undefined {
  const value = readValue(node, name);
  if (value === undefined || value.type === "string") return value?.value;
  throw invalidNode(memberPath(path, name), "a string", value);
}

function readValue(node: ObjectNode, name: string): JsonNode | undefined {
  const value = getMember(node, name);
  return value?.type === "null" ? undefined : value;
}

function isTrue(node: JsonNode | undefined): boolean {
  return node?.type === "boolean" && node.text === "true";
}

function readProperties(node: ObjectNode, name: string, path: string): ObjectNode {
  const value = readValue(node, name);
  if (value === undefined) return objectNode([]);
  if (value.type !== "object") throw invalidNode(memberPath(path, name), "an object", value);
  return value;
}

function findUnknownMembers(node: ObjectNode, language: Language): string[] {
  const known = new Set<string | undefined>(["role", "contents", ...Object.values(NAMES[language])]);
  return node.members.filter(([name, value]) => !known.has(name) && !isBlank(value)).map(([name]) => name);
}
