import { sha256Text } from "#platform";

/** Returns the SHA-256 of text in UTF-8, by default in base64url. */
export function textDigest(text: string, encoding: "base64url" | "hex" = "base64url"): string {
  return sha256Text(text, encoding);
}
