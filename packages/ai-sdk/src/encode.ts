import type { JsonValue } from "@threadstore/core";
import { type JsonObject, MAX_JSON_DEPTH, memberPath } from "@threadstore/core/documents";
import { ConversationError } from "./conversation-error.ts";

/**
 * Encodes a value of the AI SDK as JSON that `decode` decodes to an equal value. A value that JSON cannot represent
 * becomes an object with one member: `$bytes`, `$arrayBuffer`, `$url`, `$date` or `$number`. An object that looks like
 * one of these is wrapped in `$object`. A `bigint`, with which `JSON.stringify` would fail in every later turn,
 * becomes a decimal string. Everything else is encoded as by `JSON.stringify`, which is also how browsers and models
 * receive it, except that lone surrogates, which stores and providers reject, become U+FFFD.
 *
 * Throws `INVALID_ARGUMENT` for a cycle or for more than 1000 levels of nesting.
 */
export function encode(value: unknown, path: string, depth = 0): JsonValue {
  if (depth > MAX_JSON_DEPTH) {
    const message = `\`${path}\` is nested more than ${MAX_JSON_DEPTH} levels deep. Remove cycles and flatten the value.`;
    throw new ConversationError("INVALID_ARGUMENT", message, { path });
  }
  switch (typeof value) {
    case "string":
      return value.toWellFormed();
    case "number":
      return Number.isFinite(value) ? value : { $number: String(value) };
    case "boolean":
      return value;
    case "bigint":
      return String(value);
    case "object":
      return value === null ? null : encodeObject(value, path, depth);
    default:
      return null;
  }
}

function encodeObject(value: object, path: string, depth: number): JsonValue {
  if (Array.isArray(value)) {
    return Array.from(value, (item: unknown, index) => encode(item, memberPath(path, index), depth + 1));
  }
  if (value instanceof Uint8Array) return { $bytes: base64(value) };
  if (value instanceof ArrayBuffer) return { $arrayBuffer: base64(new Uint8Array(value)) };
  if (value instanceof URL) return { $url: value.href };
  if (value instanceof Date && !Number.isNaN(value.getTime())) return { $date: value.toISOString() };
  if (hasToJson(value)) return encode(value.toJSON(), path, depth + 1);
  const members = Object.entries(value)
    .filter(([, member]) => !["undefined", "function", "symbol"].includes(typeof member))
    .map(([name, member]): [string, JsonValue] => {
      return [name.toWellFormed(), encode(member, memberPath(path, name), depth + 1)];
    });
  // Object.fromEntries defines properties, so that a member called __proto__ stays a member.
  const encoded: JsonObject = Object.fromEntries(members);
  const [firstMember] = members;
  const looksEncoded = members.length === 1 && firstMember?.[0].startsWith("$") === true;
  return looksEncoded ? { $object: encoded } : encoded;
}

function hasToJson(value: object): value is { toJSON(): unknown } {
  return "toJSON" in value && typeof value.toJSON === "function";
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}
