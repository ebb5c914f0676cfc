import { textDigest } from "@threadstore/core/documents";

/** 132 bits in base64url. */
const DIGEST_LENGTH = 22;

/** Returns the first 132 bits of the SHA-256 of a text, in base64url. */
export function shortDigest(text: string): string {
  return textDigest(text).slice(0, DIGEST_LENGTH);
}
