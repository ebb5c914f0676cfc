import { memberPath } from "@threadstore/core/documents";
import { InterchangeError } from "../interchange-error.ts";
import { invalidNode } from "../json/invalid-node.ts";
import {
  getMember,
  getText,
  isBlank,
  objectNode,
  printNode,
  stringNode,
  type JsonNode,
  type ObjectNode,
} from "../json/node.ts";
import type { Language } from "../shapes/shape.ts";
import { type Annotation, readAnnotation } from "./annotations.ts";
import { newContent, type Content, type Fields } from "./content.ts";
import { HOSTED_KIND_RULES } from "./hosted-kinds.ts";
import type { FieldRule, KindRule } from "./kind-rule.ts";
import { COMMON_NAMES, DEFAULT_VALUES, KIND_RULES } from "./kinds.ts";
import { readNested } from "./nested.ts";
import { toNeutralUsage } from "./usage.ts";

/** Reads a content item that a language wrote. Throws `THREAD_INVALID` with the path. */
export function readContent(node: JsonNode, language: Language, path: string): Content {
  // Python accepts a string as a text content.
  if (node.type === "string" && language === "python") return newContent("text", path, { text: node });
  if (node.type !== "object") throw invalidNode(path, "a content item of a message", node);
  const type = getText(node, COMMON_NAMES[language].type);
  const rule = KIND_RULES.find(({ types }) => type !== undefined && types[language].includes(type));
  if (rule === undefined) return readUnknown(node, type, path);
  if (!HOSTED_KIND_RULES.includes(rule)) return readKnown(node, rule, language, path);
  try {
    return readKnown(node, rule, language, path);
  } catch (error) {
    // Only the service that wrote a hosted item can tell whether it is corrupt.
    if (InterchangeError.is(error, "THREAD_INVALID")) return readUnknown(node, type, path);
    throw error;
  }
}

function readUnknown(node: ObjectNode, type: string | undefined, path: string): Content {
  const unknownMembers = node.members.map(([name]) => name);
  const fields: Fields = {};
  return { ...newContent("text", path, fields), kind: "unknown", type: type ?? "", unknownMembers };
}

function readKnown(node: ObjectNode, rule: KindRule, language: Language, path: string): Content {
  const fields = Object.fromEntries(
    rule.fields.map((field) => [field.name, readField(node, field, language, path)]),
  ) as Fields;
  const names = COMMON_NAMES[language];
  const callName = rule.fields.find(({ form }) => form === "call")?.names[language];
  return {
    kind: rule.kind,
    type: getText(node, names.type) ?? "",
    fields,
    call: callName === undefined ? undefined : readApprovedCall(node, callName, language, path),
    properties: readObject(node, names.properties, path),
    annotations: readAnnotations(node, language, path),
    nested: readNested(node, rule, language, path, readContent),
    unknownMembers: findUnknownMembers(node, rule, language),
    path,
  };
}

function readField(
  node: ObjectNode,
  rule: FieldRule,
  language: Language,
  path: string,
): JsonNode | undefined {
  const name = rule.names[language].find((candidate) => getMember(node, candidate) !== undefined);
  const value = name === undefined ? undefined : getMember(node, name);
  if (name === undefined || value === undefined || value.type === "null") {
    if (rule.required) throw invalidNode(memberPath(path, rule.names[language][0] ?? ""), "a value", value);
    return undefined;
  }
  const fieldPath = memberPath(path, name);
  switch (rule.form) {
    case "text":
      if (value.type !== "string") throw invalidNode(fieldPath, "a string", value);
      return value;
    case "arguments":
      return value.type === "string" ? value : stringNode(printNode(value));
    case "usage":
      return toNeutralUsage(value, language);
    case "items":
      if (value.type !== "array") throw invalidNode(fieldPath, "an array of content items", value);
      return value;
    case "flag":
      return printNode(value) === "true" ? value : undefined;
    case "content":
    case "contents":
      return undefined;
    default:
      return value;
  }
}

function readApprovedCall(
  node: ObjectNode,
  names: readonly string[],
  language: Language,
  path: string,
): Content {
  const name = names.find((candidate) => getMember(node, candidate) !== undefined) ?? "";
  const value = getMember(node, name);
  const callPath = memberPath(path, name);
  if (value?.type !== "object") throw invalidNode(callPath, "a function call", value);
  const { type } = COMMON_NAMES[language];
  // Older C# versions do not write a discriminator, because they declare the member as a function call.
  const isUntyped = getMember(value, type) === undefined;
  const typed = isUntyped ? objectNode([[type, stringNode("functionCall")], ...value.members]) : value;
  return readContent(typed, language, callPath);
}

function readObject(node: ObjectNode, name: string, path: string): ObjectNode {
  const value = getMember(node, name);
  if (value === undefined || value.type === "null") return objectNode([]);
  if (value.type !== "object") throw invalidNode(memberPath(path, name), "an object", value);
  return value;
}

function readAnnotations(node: ObjectNode, language: Language, path: string): readonly Annotation[] {
  const name = COMMON_NAMES[language].annotations;
  const value = getMember(node, name);
  if (value === undefined || value.type === "null") return [];
  if (value.type !== "array") throw invalidNode(memberPath(path, name), "an array", value);
  return value.items.map((annotation) => readAnnotation(annotation, language));
}

function findUnknownMembers(node: ObjectNode, rule: KindRule, language: Language): string[] {
  const { type, annotations, properties } = COMMON_NAMES[language];
  const known = new Set<string>([type, annotations, properties]);
  for (const { names } of rule.fields) for (const name of names[language]) known.add(name);
  return node.members
    .filter(([name, value]) => !known.has(name) && !isBlank(value) && !isDefault(name, value))
    .map(([name]) => name);
}

function isDefault(name: string, value: JsonNode): boolean {
  return Object.hasOwn(DEFAULT_VALUES, name) && DEFAULT_VALUES[name] === printNode(value);
}
