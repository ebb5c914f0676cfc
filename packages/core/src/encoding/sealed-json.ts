import { ByteBuffer, crc32 } from "#platform";
import { checksumText } from "./checksum.ts";

const CHECKSUM_LENGTH = 8;

/** Encodes a value as text for a cursor, with a checksum that reveals mistakes. */
export function sealJson(value: unknown): string {
  const json = JSON.stringify(value);
  return ByteBuffer.from(`${checksumText(crc32(json))}${json}`).toString("base64url");
}

/** Returns whether a driver can have returned a value of a cursor as a `next`. The root namespace is empty. */
export function isCursorText(value: unknown): value is string {
  return typeof value === "string" && value.isWellFormed();
}

/** Returns the value that `sealJson` encoded; `undefined` for any other text. */
export function unsealJson(sealed: unknown): unknown {
  const text = typeof sealed === "string" ? ByteBuffer.from(sealed, "base64url").toString() : "";
  const json = text.slice(CHECKSUM_LENGTH);
  if (json === "" || checksumText(crc32(json)) !== text.slice(0, CHECKSUM_LENGTH)) return undefined;
  // The checksum is not a signature: a client of a web service can send any text.
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
