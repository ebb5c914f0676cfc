import type { ThreadKey } from "@threadstore/core";

const ID_MAX_LENGTH = 344;
const NAMESPACE_MAX_LENGTH = 514;

/** The part of a blob's name that a namespace's threads have in common and no other blob has. */
export function folderOf(prefix: string, namespace: string): string {
  return `${prefix}${namespace === "" ? "~" : encode(namespace, NAMESPACE_MAX_LENGTH)}/`;
}

export function blobNameOf(prefix: string, { namespace, id }: ThreadKey): string {
  return `${folderOf(prefix, namespace)}${encode(id, ID_MAX_LENGTH)}`;
}

/** The id whose blob has this name in its namespace's folder; `undefined` for a blob that is not ours. */
export function idOf(name: string): string | undefined {
  const part = name.endsWith(".!") ? name.slice(0, -1) : name;
  const bytes = part.startsWith("~~")
    ? Buffer.from(part.slice(2), "base64url")
    : Buffer.from(
        part.replace(/~([0-9a-f]{2})/gu, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
        "latin1",
      );
  const id = bytes.toString();
  return id !== "" && encode(id, ID_MAX_LENGTH) === name ? id : undefined;
}

/**
 * The text as one segment of a blob's name, injectively, in characters that no URL, tool or proxy changes, and for
 * `[0-9A-Za-z._-]` in the order of the texts. Other bytes are `~` and two digits, of which there may be too many
 * for a name (1024 characters): then it is `~~` and base64url. Azure cannot be trusted with a segment that ends
 * with a dot; `!` hides it, and sorts before every letter that might be there instead.
 */
function encode(text: string, maxLength: number): string {
  const bytes = Buffer.from(text);
  const escaped = bytes
    .toString("latin1")
    .replace(/[^0-9A-Za-z._-]/gu, (byte) => `~${byte.charCodeAt(0).toString(16).padStart(2, "0")}`);
  if (escaped.length > maxLength) return `~~${bytes.toString("base64url")}`;
  return escaped.endsWith(".") ? `${escaped}!` : escaped;
}
