import { createHash } from "node:crypto";

// Matches the first letter of a name that is a device on Windows, also with an extension behind it.
const deviceName = /^(?=(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|$))./;
const outerDot = /^\.|\.$/g;

// Leaves room below the 255 bytes that file systems allow for a name.
const longestPlainName = 200;
const hashedName = /~[0-9a-f]{64}$/;

/**
 * An id or namespace as the name of a folder. Two that differ have different names on every file system,
 * also where case does not count, Unicode is normalized or trailing dots are dropped: only lower-case ASCII
 * letters, digits, `-`, `_` and inner dots stay, all other bytes become `%xx`. A name that would get too
 * long ends in a hash instead, behind a `~` that no other name contains.
 */
export function encodeName(text: string): string {
  const plain = text
    .replace(/[^0-9a-z._-]/gu, escape)
    .replace(outerDot, escape)
    .replace(deviceName, escape);
  if (plain.length <= longestPlainName) return plain;
  return `${plain.slice(0, 120)}~${createHash("sha256").update(text).digest("hex")}`;
}

/** What {@link encodeName} made `name` of; `undefined` when it did not, or when `name` is a hashed one. */
export function decodeName(name: string): string | undefined {
  const bytes = name.replace(/%([0-9a-f]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  const text = Buffer.from(bytes, "latin1").toString();
  return encodeName(text) === name ? text : undefined;
}

/** Whether `name` tells its text only by a hash, so that a file beside the record has to keep the text. */
export function isHashedName(name: string): boolean {
  return hashedName.test(name);
}

function escape(character: string): string {
  return Buffer.from(character).toString("hex").replace(/../g, "%$&");
}
