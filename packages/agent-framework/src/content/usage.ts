import { type JsonNode, objectNode } from "../json/node.ts";
import type { Language } from "../shapes/shape.ts";

// The set of counts is open. The languages use the same names in different cases: inputTokenCount, input_token_count.

/** Renames the details of a usage to the names of C#. */
export function toNeutralUsage(details: JsonNode, language: Language): JsonNode {
  return language === "csharp" ? details : renameMembers(details, toCamelCase);
}

/** Renames the details of a usage from the names of C# to those of a language. */
export function fromNeutralUsage(details: JsonNode, language: Language): JsonNode {
  return language === "csharp" ? details : renameMembers(details, toSnakeCase);
}

function renameMembers(details: JsonNode, toName: (name: string) => string): JsonNode {
  if (details.type !== "object") return details;
  return objectNode(details.members.map(([name, value]) => [toName(name), value]));
}

function toCamelCase(name: string): string {
  return name.replaceAll(/_([a-z])/g, (_match, letter: string) => letter.toUpperCase());
}

function toSnakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
