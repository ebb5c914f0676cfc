import type { ThreadKey } from "@threadstore/core/driver";

const BASE64_MARK = "~~";
const ID_MAX_LENGTH = 344;
const NAMESPACE_MAX_LENGTH = 514;

/** Returns the common beginning of the blob names of a namespace's threads. No other blob name begins with it. */
export function namespacePrefixOf(prefix: string, namespace: string): string {
  return `${prefix}${namespace === "" ? "~" : encode(namespace, NAMESPACE_MAX_LENGTH)}/`;
}

export function blobNameOf(prefix: string, { namespace, id }: ThreadKey): string {
  return `${namespacePrefixOf(prefix, namespace)}${encode(id, ID_MAX_LENGTH)}`;
}

/**
 * Returns with which text the parts of blob names after the namespace begin if the id begins with `prefix`: an escaped
 * and a base64url text. In base64url, a few other ids can begin with the text, too.
 */
export function encodedPrefixesOf(prefix: string): string[] {
  if (prefix === "") return [""];
  const bytes = Buffer.from(prefix);
  // A character stands for 6 bits. One that also depends on the bytes that follow the prefix is not known.
  const known = bytes.toString("base64url").slice(0, Math.floor((bytes.length * 8) / 6));
  const [escaped, base64] = [escapeText(prefix), `${BASE64_MARK}${known}`];
  // In the order of the names: `~` comes last.
  return escaped.length <= ID_MAX_LENGTH ? [escaped, base64].toSorted() : [base64];
}

/** Decodes the part of a blob name after its namespace; `undefined` if the store cannot have written it. */
export function idOf(encodedId: string): string | undefined {
  const segment = encodedId.endsWith(".!") ? encodedId.slice(0, -1) : encodedId;
  const bytes = segment.startsWith(BASE64_MARK)
    ? Buffer.from(segment.slice(2), "base64url")
    : Buffer.from(
        segment.replace(/~([0-9a-f]{2})/gu, (_, hex: string) =>
          String.fromCharCode(Number.parseInt(hex, 16)),
        ),
        "latin1",
      );
  const id = bytes.toString();
  return id !== "" && encode(id, ID_MAX_LENGTH) === encodedId ? id : undefined;
}

/**
 * Encodes text as one segment of a blob name: injectively, in characters that URLs, tools and proxies do not change,
 * and in the order of the texts for `[0-9A-Za-z._-]`. Every other byte becomes `~` and two digits. If the result is
 * too long for a blob name (1024 characters), it becomes `~~` and base64url. Azure does not reliably keep a trailing
 * dot of a segment, so `!` follows it, which sorts before every letter that could follow instead.
 */
function encode(text: string, maxLength: number): string {
  const escaped = escapeText(text);
  if (escaped.length > maxLength) return `${BASE64_MARK}${Buffer.from(text).toString("base64url")}`;
  return escaped.endsWith(".") ? `${escaped}!` : escaped;
}

function escapeText(text: string): string {
  return Buffer.from(text)
    .toString("latin1")
    .replace(/[^0-9A-Za-z._-]/gu, (byte) => `~${byte.charCodeAt(0).toString(16).padStart(2, "0")}`);
}
