import type { JsonValue } from "@threadstore/core";
import { copyJson } from "@threadstore/core/documents";
import { invalidThread } from "../interchange-error.ts";
import { arrayNode, booleanNode, type JsonNode, NULL_NODE, objectNode, stringNode } from "./node.ts";
import { parseNode } from "./parse.ts";

/**
 * Reads JSON text or a JSON value. Members that are `undefined` are left out. Throws `THREAD_INVALID` with the
 * path.
 */
export function readJson(value: unknown): JsonNode {
  if (typeof value === "string") return parseNode(value);
  // Python can write lone surrogates. They are replaced when text is converted for the model.
  return toNode(copyJson(value, { error: invalidValue, loneSurrogates: "keep" }));
}

function invalidValue(message: string, path: string): Error {
  return invalidThread(path, message);
}

function toNode(value: JsonValue): JsonNode {
  if (value === null) return NULL_NODE;
  if (typeof value === "string") return stringNode(value);
  if (typeof value === "boolean") return booleanNode(value);
  if (typeof value === "number") return { type: "number", text: JSON.stringify(value) };
  if (Array.isArray(value)) return arrayNode(value.map(toNode));
  return objectNode(Object.entries(value).map(([name, member]) => [name, toNode(member)]));
}
