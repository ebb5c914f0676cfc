import { createHash } from "node:crypto";

/** Returns a name that differs from all others on every file system, including those that ignore case. */
export function toFileName(text: string): string {
  const escaped = Buffer.from(text)
    .toString("latin1")
    .replaceAll(/[^a-z0-9_-]/gu, escapeByte);
  // Too long for a file, or a device on Windows. The index has the name.
  const isUnsuitable = escaped.length > 200 || /^(?:aux|con|nul|prn|com\d|lpt\d)$/u.test(escaped);
  return isUnsuitable ? `~${createHash("sha256").update(text).digest("hex")}` : escaped;
}

function escapeByte(byte: string): string {
  return `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;
}
