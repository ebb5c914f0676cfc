import { objectNode, type JsonNode } from "../json/node.ts";
import type { Language } from "../shapes/shape.ts";

// The counts are an open list; both languages name them alike but for the case: inputTokenCount, input_token_count.

/** The details of a usage as C# names them. */
export function toNeutralUsage(details: JsonNode, language: Language): JsonNode {
  return language === "csharp" ? details : rename(details, toCamelCase);
}

/** The details of a usage as a language names them. */
export function fromNeutralUsage(details: JsonNode, language: Language): JsonNode {
  return language === "csharp" ? details : rename(details, toSnakeCase);
}

function rename(details: JsonNode, to: (name: string) => string): JsonNode {
  if (details.type !== "object") return details;
  return objectNode(details.members.map(([name, value]) => [to(name), value]));
}

function toCamelCase(name: string): string {
  return name.replaceAll(/_([a-z])/g, (_match, letter: string) => letter.toUpperCase());
}

function toSnakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
