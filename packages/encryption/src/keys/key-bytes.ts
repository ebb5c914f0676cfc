import type { Bytes } from "../crypto/platform.ts";
import { KEY_BYTES } from "./key-provider.ts";

/** Returns a copy of a key that is given as bytes or as base64. Throws a `TypeError`, which does not contain it. */
export function keyBytes(name: string, value: unknown): Bytes {
  const bytes = typeof value === "string" ? bytesOfBase64(value) : value;
  if (bytes instanceof Uint8Array && bytes.length === KEY_BYTES) return Uint8Array.from(bytes);
  throw new TypeError(
    `${name} must be a Uint8Array of 32 random bytes, or their base64. Create one with \`openssl rand -base64 32\`.`,
  );
}

function bytesOfBase64(text: string): Uint8Array | undefined {
  try {
    return Uint8Array.from(atob(text.trim()), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}
