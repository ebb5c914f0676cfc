import type { JsonValue } from "@threadstore/core";
import { isJsonObject, type JsonObject, memberPath } from "@threadstore/core/documents";
import { invalidThread } from "./conversation-error.ts";

/** Called with the path of each `bigint`, which is then returned as a string. */
type BigintListener = (path: string) => void;

/**
 * Returns the value that `encode` encoded. Earlier versions also encoded a `bigint`, which is returned as a string with
 * `onBigint`. Throws `THREAD_INVALID` with the path.
 */
export function decode(value: JsonValue, path: string, onBigint?: BigintListener): unknown {
  if (Array.isArray(value)) {
    return value.map((item, index) => decode(item, memberPath(path, index), onBigint));
  }
  if (!isJsonObject(value)) return value;
  const [name, ...otherNames] = Object.keys(value);
  if (name?.startsWith("$") !== true || otherNames.length > 0) return decodeMembers(value, path, onBigint);
  const encodedPath = memberPath(path, name);
  const encoded = value[name];
  if (name === "$object" && isJsonObject(encoded)) return decodeMembers(encoded, encodedPath, onBigint);
  const decoded = typeof encoded === "string" ? DECODERS.get(name)?.(encoded) : undefined;
  // A later version may have written it. Reading it as a plain object would send nonsense to the model.
  if (decoded === undefined) throw invalidThread(encodedPath, "an encoded value that this version knows");
  if (typeof decoded !== "bigint" || onBigint === undefined) return decoded;
  onBigint(path);
  return String(decoded);
}

function decodeMembers(object: JsonObject, path: string, onBigint?: BigintListener): object {
  return Object.fromEntries(
    Object.entries(object).map(([name, member]) => [name, decode(member, memberPath(path, name), onBigint)]),
  );
}

/** Decodes the text of each kind of encoded value; `undefined` if the text is invalid. */
const DECODERS: ReadonlyMap<string, (text: string) => unknown> = new Map<string, (text: string) => unknown>([
  ["$bytes", decodeBytes],
  ["$arrayBuffer", (text) => decodeBytes(text)?.buffer],
  ["$url", (text) => URL.parse(text) ?? undefined],
  ["$date", decodeDate],
  ["$bigint", (text) => (/^-?\d+$/u.test(text) ? BigInt(text) : undefined)],
  ["$number", (text) => (["NaN", "Infinity", "-Infinity"].includes(text) ? Number(text) : undefined)],
]);

function decodeBytes(text: string): Uint8Array<ArrayBuffer> | undefined {
  const bytes = Buffer.from(text, "base64");
  // Buffer ignores characters that are not base64. The copy is needed because Buffers share memory.
  return bytes.toString("base64") === text ? Uint8Array.from(bytes) : undefined;
}

function decodeDate(text: string): Date | undefined {
  const date = new Date(text);
  return Number.isNaN(date.getTime()) ? undefined : date;
}
