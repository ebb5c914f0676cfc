import type { JsonValue } from "@threadstore/core";
import { ConversationError } from "./conversation-error.ts";
import { memberPath, type JsonObject } from "./json.ts";

// Deeper values would exhaust the stack of JSON.stringify when the thread is saved.
const maximumDepth = 1000;

/**
 * A value of the AI SDK as JSON that `decode` makes the same value of. What JSON has no word for becomes an object
 * with one member: `$bytes`, `$arrayBuffer`, `$url`, `$date`, `$bigint`, `$number`; an object that looks like one is
 * put in `$object`. Anything else is as JSON.stringify writes it, which is also what browser and model get of it; but
 * half a character (a lone surrogate), which stores and providers refuse, becomes U+FFFD.
 *
 * Throws `INVALID_ARGUMENT` for a cycle, or what is nested more than 1000 levels deep.
 */
export function encode(value: unknown, path: string, depth = 0): JsonValue {
  if (depth > maximumDepth) {
    const message = `${path}: nested more than ${maximumDepth} levels deep, or within itself.`;
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
      return { $bigint: String(value) };
    case "object":
      return value === null ? null : encodeObject(value, path, depth);
    default:
      return null;
  }
}

function encodeObject(value: object, path: string, depth: number): JsonValue {
  if (Array.isArray(value)) {
    return Array.from(value, (entry: unknown, index) => encode(entry, `${path}[${index}]`, depth + 1));
  }
  if (value instanceof Uint8Array) return { $bytes: base64(value) };
  if (value instanceof ArrayBuffer) return { $arrayBuffer: base64(new Uint8Array(value)) };
  if (value instanceof URL) return { $url: value.href };
  if (value instanceof Date && !Number.isNaN(value.getTime())) return { $date: value.toISOString() };
  if (hasToJson(value)) return encode(value.toJSON(), path, depth + 1);
  const members = Object.entries(value)
    .filter(([, member]) => !["undefined", "function", "symbol"].includes(typeof member))
    .map(([name, member]): [string, JsonValue] => {
      return [name.toWellFormed(), encode(member, path + memberPath(name), depth + 1)];
    });
  // Object.fromEntries defines members, so that one called __proto__ stays a member.
  const encoded: JsonObject = Object.fromEntries(members);
  const [only] = members;
  const looksEncoded = members.length === 1 && only?.[0].startsWith("$") === true;
  return looksEncoded ? { $object: encoded } : encoded;
}

function hasToJson(value: object): value is { toJSON(): unknown } {
  return "toJSON" in value && typeof value.toJSON === "function";
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}
