import { randomUUID } from "node:crypto";

/**
 * What tells a write from every other, as 22 characters of `[0-9A-Za-z_-]`: 122 random bits. Node draws them for many
 * UUIDs at once, which costs a tenth of drawing bytes for each.
 */
export function newNonce(): string {
  return Buffer.from(randomUUID().replaceAll("-", ""), "hex").toString("base64url");
}
