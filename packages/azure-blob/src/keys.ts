import { createHash } from "node:crypto";
import type { ThreadKey } from "@threadstore/core/driver";

const BASE64_MARK = "~~";
const HASH_MARK = "~-";

/** The maximum length of an encoded name. Names that are too long when escaped become base64url up to that length. */
const MAX_LENGTH = { namespace: 514, id: 344 } as const;
type Kind = keyof typeof MAX_LENGTH;

/** The characters of a SHA-256 in base64url. */
const HASH_LENGTH = 43;

/** Returns the common beginning of the blob names of a namespace's threads. No other blob name begins with it. */
export function namespacePrefixOf(prefix: string, namespace: string): string {
  return `${prefix}${namespace === "" ? "~" : encode(namespace, "namespace")}/`;
}

export function blobNameOf(prefix: string, { namespace, id }: ThreadKey): string {
  return `${namespacePrefixOf(prefix, namespace)}${encode(id, "id")}`;
}

/**
 * Returns with which texts the parts of blob names after the namespace begin if the id begins with `prefix`, in the
 * order of the names: escaped, in base64url, and for a long prefix before a hash. A few other ids can begin with the
 * last two.
 */
export function encodedPrefixesOf(prefix: string, kind: Kind = "id"): string[] {
  if (prefix === "") return [""];
  const bytes = Buffer.from(prefix);
  const escaped = escapeText(prefix);
  const texts: string[] = [];
  if (escaped.length <= MAX_LENGTH[kind]) texts.push(escaped);
  // A character stands for 6 bits. One that also depends on the bytes that follow the prefix is not known.
  const known = bytes.toString("base64url").slice(0, Math.floor((bytes.length * 8) / 6));
  if (base64Of(prefix).length <= MAX_LENGTH[kind]) texts.push(`${BASE64_MARK}${known}`);
  // Of shorter prefixes, the hashed names begin with the escaped text, too.
  const unhashed = unhashedPart(escaped, kind);
  if (escaped.length > unhashed.length) texts.push(`${unhashed}${HASH_MARK}`);
  return texts.toSorted();
}

/** Returns the id of a thread whose blob name does not contain it, but a hash; otherwise `undefined`. */
export function hashedIdOf({ id }: ThreadKey): string | undefined {
  return isHashed(encode(id, "id")) ? id : undefined;
}

/** Returns whether the part of a blob name after its namespace ends in a hash, so that only the blob contains the id. */
export function isHashed(encodedId: string): boolean {
  return !isInBase64(encodedId) && encodedId.includes(HASH_MARK);
}

/** Decodes the part of a blob name after its namespace; `undefined` if it is hashed, or the store cannot have written it. */
export function idOf(encodedId: string): string | undefined {
  const id = isHashed(encodedId) ? undefined : decode(encodedId);
  return id !== undefined && isIdAt(id, encodedId) ? id : undefined;
}

/** Decodes the name of a namespace's folder as {@link idOf} does; `undefined` for the root, too. */
export function namespaceOf(folder: string): string | undefined {
  const namespace = isHashed(folder) ? undefined : decode(folder);
  return namespace !== undefined && isNamespaceAt(namespace, folder) ? namespace : undefined;
}

export function isNamespaceAt(namespace: string, folder: string): boolean {
  return namespace !== "" && encode(namespace, "namespace") === folder;
}

/** Returns whether a name is written in base64url. */
export function isInBase64(encoded: string): boolean {
  return encoded.startsWith(BASE64_MARK);
}

/** Returns with which texts the folders of namespaces nested in one begin: escaped, if they can be, and in other ways. */
export function nestedFoldersOf(within: string): { readonly escaped?: string; readonly others: string[] } {
  if (within === "") return { escaped: "", others: [BASE64_MARK] };
  const texts = encodedPrefixesOf(`${within}/`, "namespace");
  const others = texts.filter((text) => isInBase64(text) || isHashed(text));
  const [escaped] = texts.filter((text) => !others.includes(text));
  return escaped === undefined ? { others } : { escaped, others };
}

/** Compares namespaces in the order of their folders, except for those in base64url, which are sorted into it. */
export function compareNamespaces(left: string, right: string): number {
  const [leftText, rightText] = [`${sortTextOf(left)}/`, `${sortTextOf(right)}/`];
  return leftText < rightText ? -1 : Number(leftText > rightText);
}

function sortTextOf(namespace: string): string {
  const encoded = encode(namespace, "namespace");
  return isInBase64(encoded) ? escapeText(namespace) : encoded;
}

function decode(encoded: string): string {
  const segment = encoded.endsWith(".!") ? encoded.slice(0, -1) : encoded;
  const bytes = segment.startsWith(BASE64_MARK)
    ? Buffer.from(segment.slice(2), "base64url")
    : Buffer.from(
        segment.replace(/~([0-9a-f]{2})/gu, (_, hex: string) =>
          String.fromCharCode(Number.parseInt(hex, 16)),
        ),
        "latin1",
      );
  return bytes.toString();
}

/** Returns whether `encodedId` is the part of the blob name after the namespace of the thread `id`. */
export function isIdAt(id: string, encodedId: string): boolean {
  return id !== "" && encode(id, "id") === encodedId;
}

/**
 * Encodes text as one segment of a blob name: injectively, in characters that URLs, tools and proxies do not change,
 * and in the order of the texts for `[0-9A-Za-z._-]`. Every other byte becomes `~` and two digits. If the result is
 * too long for a blob name (1024 characters), it becomes `~~` and base64url; if that is too long, too, only its
 * beginning is kept, and `~-` and a hash of the whole follow. Azure does not reliably keep a trailing dot of a segment,
 * so `!` follows it, which sorts before every letter that could follow instead.
 */
function encode(text: string, kind: Kind): string {
  const escaped = escapeText(text);
  if (escaped.length <= MAX_LENGTH[kind]) return escaped.endsWith(".") ? `${escaped}!` : escaped;
  const base64 = base64Of(text);
  if (base64.length <= MAX_LENGTH[kind]) return base64;
  return `${unhashedPart(escaped, kind)}${HASH_MARK}${createHash("sha256").update(text).digest("base64url")}`;
}

function base64Of(text: string): string {
  return `${BASE64_MARK}${Buffer.from(text).toString("base64url")}`;
}

/** Returns the beginning of an escaped text that precedes the hash: as much as fits, without half an escape. */
function unhashedPart(escaped: string, kind: Kind): string {
  return escaped.slice(0, MAX_LENGTH[kind] - HASH_MARK.length - HASH_LENGTH).replace(/~[0-9a-f]?$/, "");
}

function escapeText(text: string): string {
  return Buffer.from(text)
    .toString("latin1")
    .replace(/[^0-9A-Za-z._-]/gu, (byte) => `~${byte.charCodeAt(0).toString(16).padStart(2, "0")}`);
}
