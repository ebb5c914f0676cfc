import type { JsonValue } from "@threadstore/core";
import { invalidThread } from "./conversation-error.ts";
import { isJsonObject, memberPath, type JsonObject } from "./json.ts";

/** The value that `encode` was given. Throws `THREAD_INVALID` with the path. */
export function decode(value: JsonValue, path: string): unknown {
  if (Array.isArray(value)) return value.map((entry, index) => decode(entry, `${path}[${index}]`));
  if (!isJsonObject(value)) return value;
  const [name, ...others] = Object.keys(value);
  if (name?.startsWith("$") !== true || others.length > 0) return decodeMembers(value, path);
  const memberAt = path + memberPath(name);
  const encoded = value[name];
  if (name === "$object" && isJsonObject(encoded)) return decodeMembers(encoded, memberAt);
  const decoded = typeof encoded === "string" ? decoders.get(name)?.(encoded) : undefined;
  // A later version may know more of these; to take one for an object would give the model nonsense.
  if (decoded === undefined) throw invalidThread(memberAt, "an encoded value that this version knows");
  return decoded;
}

function decodeMembers(value: JsonObject, path: string): object {
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, decode(member, path + memberPath(name))]),
  );
}

/** What is made of the text of each encoded value; `undefined` if it cannot be. */
const decoders: ReadonlyMap<string, (text: string) => unknown> = new Map<string, (text: string) => unknown>([
  ["$bytes", bytesOf],
  ["$arrayBuffer", (text) => bytesOf(text)?.buffer],
  ["$url", (text) => URL.parse(text) ?? undefined],
  ["$date", dateOf],
  ["$bigint", (text) => (/^-?\d+$/u.test(text) ? BigInt(text) : undefined)],
  ["$number", (text) => (["NaN", "Infinity", "-Infinity"].includes(text) ? Number(text) : undefined)],
]);

function bytesOf(text: string): Uint8Array<ArrayBuffer> | undefined {
  const bytes = Buffer.from(text, "base64");
  // Buffer passes over what is no base64; and its memory may be shared with other buffers.
  return bytes.toString("base64") === text ? Uint8Array.from(bytes) : undefined;
}

function dateOf(text: string): Date | undefined {
  const date = new Date(text);
  return Number.isNaN(date.getTime()) ? undefined : date;
}
