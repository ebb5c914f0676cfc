import type { ThreadKey } from "@threadstore/core";

// `!` is one of the few characters that S3 calls safe in keys and that URLs, proxies and consoles leave alone,
// which `%` is not. It stands before two hexadecimal digits, and before what no name can be: `!root`.
const root = "!root";
/** Where self-checks put their objects: no namespace. */
export const selfCheckFolder = "!self-check/";
const base64 = "!_";
const split = "!/";

// A key has at most 1024 bytes: 100 of prefix, 519 of namespace, 387 of id. MinIO limits each segment to 255.
const segmentBytes = 200;
const escapedBytes = 384;

/** The key of a thread's object. Different threads have different keys, none of them a "folder" of another. */
export function keyOf(prefix: string, { namespace, id }: ThreadKey): string {
  return `${folderOf(prefix, namespace)}${encodeName(id)}`;
}

/** What the keys of the namespace's threads begin with, and no others. */
export function folderOf(prefix: string, namespace: string): string {
  return `${prefix}${namespace === "" ? root : encodeName(namespace)}/`;
}

/** The id whose key goes on so behind its namespace's folder; `undefined`: that of an object of someone else. */
export function idOf(encoded: string): string | undefined {
  const id = decodeName(encoded);
  return id !== undefined && id !== "" && encodeName(id) === encoded ? id : undefined;
}

/**
 * `[0-9A-Za-z._-]` as they are, which keeps their order, and every other byte of UTF-8 as `!2F`; or all in
 * base64url where that would be long. Cut into segments, none of which is `.`, `..` or empty.
 */
function encodeName(name: string): string {
  const escaped = encodeURIComponent(name)
    .replaceAll(/[!*'()~]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll("%", "!");
  const text =
    escaped.length <= escapedBytes ? escaped : `${base64}${Buffer.from(name).toString("base64url")}`;
  const segments = text.match(new RegExp(`.{1,${segmentBytes}}`, "g")) ?? [];
  return segments.map((segment) => (/^\.{1,2}$/.test(segment) ? `${segment}!` : segment)).join(split);
}

function decodeName(encoded: string): string | undefined {
  const text = encoded.replaceAll(split, "").replace(/!$/, "");
  if (text.startsWith(base64)) return Buffer.from(text.slice(base64.length), "base64url").toString();
  try {
    return decodeURIComponent(text.replaceAll("!", "%"));
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}
