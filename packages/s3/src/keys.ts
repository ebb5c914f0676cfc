import type { ThreadKey } from "@threadstore/core/driver";

// S3 considers `!` safe in keys, and URLs, proxies and consoles do not change it, unlike `%`. It precedes two
// hexadecimal digits, or characters that cannot be part of an encoded name, such as those of `!root`.
const ROOT_NAMESPACE = "!root";
/** The folder for the objects of self-checks. It cannot be a namespace. */
export const SELF_CHECK_FOLDER = "!self-check/";
const BASE64_MARK = "!_";
const SEGMENT_END = "!/";

// A key has at most 1024 bytes: 100 of prefix, 519 of namespace, 387 of id. MinIO limits each segment to 255.
const SEGMENT_MAX_LENGTH = 200;
const ESCAPED_MAX_LENGTH = 384;
const SEGMENT = new RegExp(`.{1,${SEGMENT_MAX_LENGTH}}`, "g");

/** Returns the key of a thread's object. Keys are unique to a thread, and no key is a "folder" of another. */
export function keyOf(prefix: string, { namespace, id }: ThreadKey): string {
  return `${namespacePrefixOf(prefix, namespace)}${encodeName(id)}`;
}

/** Returns the common beginning of the keys of a namespace's threads. No other key begins with it. */
export function namespacePrefixOf(prefix: string, namespace: string): string {
  return `${prefix}${namespace === "" ? ROOT_NAMESPACE : encodeName(namespace)}/`;
}

/**
 * Returns with which text the parts of keys after the namespace begin if the id begins with `prefix`: an escaped and a
 * base64url text, in the order of the keys. In base64url, a few other ids can begin with the text, too.
 */
export function encodedPrefixesOf(prefix: string): string[] {
  if (prefix === "") return [""];
  const bytes = Buffer.from(prefix);
  // A character stands for 6 bits. One that also depends on the bytes that follow the prefix is not known.
  const known = bytes.toString("base64url").slice(0, Math.floor((bytes.length * 8) / 6));
  const [escaped, base64] = [escapeName(prefix), `${BASE64_MARK}${known}`];
  const texts = escaped.length <= ESCAPED_MAX_LENGTH ? [escaped, base64] : [base64];
  return texts.map((text) => segmentsOf(text).join(SEGMENT_END)).toSorted();
}

/** Decodes the part of a key after its namespace; `undefined` if the store cannot have written it. */
export function idOf(encodedId: string): string | undefined {
  const id = decodeName(encodedId);
  return id !== undefined && id !== "" && encodeName(id) === encodedId ? id : undefined;
}

/**
 * Encodes a name: `[0-9A-Za-z._-]` as they are, which preserves their order, and every other byte of UTF-8 like
 * `!2F`. If that is long, the whole name becomes base64url. The result is split into segments that are never empty,
 * `.` or `..`.
 */
function encodeName(name: string): string {
  const escaped = escapeName(name);
  const text =
    escaped.length <= ESCAPED_MAX_LENGTH
      ? escaped
      : `${BASE64_MARK}${Buffer.from(name).toString("base64url")}`;
  return segmentsOf(text)
    .map((segment) => (/^\.{1,2}$/.test(segment) ? `${segment}!` : segment))
    .join(SEGMENT_END);
}

function escapeName(name: string): string {
  return encodeURIComponent(name)
    .replaceAll(/[!*'()~]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll("%", "!");
}

function segmentsOf(text: string): readonly string[] {
  return text.match(SEGMENT) ?? [];
}

function decodeName(encoded: string): string | undefined {
  const text = encoded.replaceAll(SEGMENT_END, "").replace(/!$/, "");
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
