import { createHash } from "node:crypto";
import type { ThreadKey } from "@threadstore/core/driver";

// S3 considers `!` safe in keys, and URLs, proxies and consoles do not change it, unlike `%`. It precedes two
// hexadecimal digits, or characters that cannot be part of an encoded name, such as those of `!root`.
const ROOT_NAMESPACE = "!root";
/** The folder for the objects of self-checks. It cannot be a namespace. */
export const SELF_CHECK_FOLDER = "!self-check/";
const BASE64_MARK = "!_";
const HASH_MARK = "!-";
const SEGMENT_END = "!/";

// A key has at most 1024 bytes: 100 of prefix, 519 of namespace, 387 of id. MinIO limits each segment to 255.
const SEGMENT_MAX_LENGTH = 200;
const ESCAPED_MAX_LENGTH = 384;
const SEGMENT = new RegExp(`.{1,${SEGMENT_MAX_LENGTH}}`, "g");

/** The longest names that are written in base64url if they are too long when escaped, in bytes of UTF-8. */
const BASE64_MAX_BYTES = { namespace: 384, id: 256 } as const;
type Kind = keyof typeof BASE64_MAX_BYTES;

/** The characters of a SHA-256 in base64url. */
const HASH_LENGTH = 43;
/** How much of an escaped name precedes its hash. */
const UNHASHED_MAX_LENGTH = ESCAPED_MAX_LENGTH - HASH_MARK.length - HASH_LENGTH;

/** Returns the key of a thread's object. Keys are unique to a thread, and no key is a "folder" of another. */
export function keyOf(prefix: string, { namespace, id }: ThreadKey): string {
  return `${namespacePrefixOf(prefix, namespace)}${encodeName(id, "id")}`;
}

/** Returns the common beginning of the keys of a namespace's threads. No other key begins with it. */
export function namespacePrefixOf(prefix: string, namespace: string): string {
  return `${prefix}${namespace === "" ? ROOT_NAMESPACE : encodeName(namespace, "namespace")}/`;
}

/**
 * Returns with which texts the parts of keys after the namespace begin if the id begins with `prefix`, in the order of
 * the keys: escaped, in base64url, and for a long prefix before a hash. A few other ids can begin with the last two.
 */
export function encodedPrefixesOf(prefix: string, kind: Kind = "id"): string[] {
  if (prefix === "") return [""];
  const bytes = Buffer.from(prefix);
  const escaped = escapeName(prefix);
  const texts: string[] = [];
  if (escaped.length <= ESCAPED_MAX_LENGTH) texts.push(escaped);
  // A character stands for 6 bits. One that also depends on the bytes that follow the prefix is not known.
  const known = bytes.toString("base64url").slice(0, Math.floor((bytes.length * 8) / 6));
  if (bytes.length <= BASE64_MAX_BYTES[kind]) texts.push(`${BASE64_MARK}${known}`);
  // Of shorter prefixes, the hashed names begin with the escaped text, too.
  const unhashed = unhashedPart(escaped);
  if (escaped.length > unhashed.length) texts.push(`${unhashed}${HASH_MARK}`);
  return texts.map((text) => segmentsOf(text).join(SEGMENT_END)).toSorted();
}

/** Returns the id of a thread whose key does not contain it, but a hash; otherwise `undefined`. */
export function hashedIdOf({ id }: ThreadKey): string | undefined {
  return isHashed(encodeName(id, "id")) ? id : undefined;
}

/** Returns whether the part of a key after its namespace ends in a hash, so that only its object contains the id. */
export function isHashed(encodedId: string): boolean {
  return joinSegments(encodedId).includes(HASH_MARK);
}

/** Decodes the part of a key after its namespace; `undefined` if it is hashed, or the store cannot have written it. */
export function idOf(encodedId: string): string | undefined {
  const id = isHashed(encodedId) ? undefined : decodeName(encodedId);
  return id !== undefined && isIdAt(id, encodedId) ? id : undefined;
}

/** Decodes the name of a namespace's folder as {@link idOf} does; `undefined` for the root, too. */
export function namespaceOf(folder: string): string | undefined {
  const namespace = isHashed(folder) ? undefined : decodeName(folder);
  return namespace !== undefined && isNamespaceAt(namespace, folder) ? namespace : undefined;
}

export function isNamespaceAt(namespace: string, folder: string): boolean {
  return namespace !== "" && encodeName(namespace, "namespace") === folder;
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

/**
 * Returns a text that precedes the keys of all namespaces that follow one, and follows those of nearly all that precede
 * it. No key has as many characters as a longer text would have.
 */
export function keyAfterNamespace(prefix: string, namespace: string): string {
  const encoded = encodeName(namespace, "namespace");
  if (!isInBase64(encoded)) return `${prefix}${encoded}0`;
  return `${prefix}${inSegments(escapeName(namespace).slice(0, ESCAPED_MAX_LENGTH))}`;
}

/** Compares namespaces in the order of their folders, except for those in base64url, which are sorted into it. */
export function compareNamespaces(left: string, right: string): number {
  const [leftText, rightText] = [`${sortTextOf(left)}/`, `${sortTextOf(right)}/`];
  return leftText < rightText ? -1 : Number(leftText > rightText);
}

function sortTextOf(namespace: string): string {
  const encoded = encodeName(namespace, "namespace");
  return isInBase64(encoded) ? inSegments(escapeName(namespace)) : encoded;
}

/** Returns whether the key of a folder, which ends with a slash, is only the beginning of a name of several segments. */
export function isPartOfName(folder: string): boolean {
  return folder.endsWith(SEGMENT_END) && !/(?:^|\/)\.{1,2}!\/$/u.test(folder);
}

/** Returns the beginning of a key that is the first segment after `prefix` of a name of several segments, if it is one. */
export function partOfNameIn(key: string, prefix: string): string | undefined {
  const end = key.indexOf(SEGMENT_END, prefix.length);
  return key.startsWith(prefix) && end !== -1 ? key.slice(0, end + SEGMENT_END.length) : undefined;
}

/** Returns whether `encodedId` is the part of the key after the namespace of the thread `id`. */
export function isIdAt(id: string, encodedId: string): boolean {
  return id !== "" && encodeName(id, "id") === encodedId;
}

/**
 * Encodes a name: `[0-9A-Za-z._-]` as they are, which preserves their order, and every other byte of UTF-8 like
 * `!2F`. If that is long, the whole name becomes base64url; if that is too long, too, only the beginning is kept and a
 * hash of the whole follows. The result is split into segments that are never empty, `.` or `..`.
 */
function encodeName(name: string, kind: Kind): string {
  return inSegments(textOf(name, kind));
}

function inSegments(text: string): string {
  return segmentsOf(text)
    .map((segment) => (/^\.{1,2}$/.test(segment) ? `${segment}!` : segment))
    .join(SEGMENT_END);
}

function textOf(name: string, kind: Kind): string {
  const escaped = escapeName(name);
  if (escaped.length <= ESCAPED_MAX_LENGTH) return escaped;
  const bytes = Buffer.from(name);
  if (bytes.length <= BASE64_MAX_BYTES[kind]) return `${BASE64_MARK}${bytes.toString("base64url")}`;
  return `${unhashedPart(escaped)}${HASH_MARK}${createHash("sha256").update(bytes).digest("base64url")}`;
}

/** Returns the beginning of an escaped name that precedes the hash: as much as there is space for, without half an escape. */
function unhashedPart(escaped: string): string {
  return escaped.slice(0, UNHASHED_MAX_LENGTH).replace(/![0-9A-F]?$/, "");
}

function escapeName(name: string): string {
  return encodeURIComponent(name)
    .replaceAll(/[!*'()~]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll("%", "!");
}

function segmentsOf(text: string): readonly string[] {
  return text.match(SEGMENT) ?? [];
}

function joinSegments(encoded: string): string {
  return encoded.replaceAll(SEGMENT_END, "");
}

function decodeName(encoded: string): string | undefined {
  const text = joinSegments(encoded).replace(/!$/, "");
  if (text.startsWith(BASE64_MARK)) {
    return Buffer.from(text.slice(BASE64_MARK.length), "base64url").toString();
  }
  try {
    return decodeURIComponent(text.replaceAll("!", "%"));
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}
