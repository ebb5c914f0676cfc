import { ByteBuffer } from "#platform";
import { invalidArgument } from "./invalid-argument.ts";

const KEY_MAX_BYTES = 256;

/** Returns the `key` of an append. Throws `INVALID_ARGUMENT` unless it is text of 1 to 256 bytes of UTF-8. */
export function checkedAppendKey(key: unknown): string | undefined {
  if (key === undefined) return undefined;
  const isText = typeof key === "string" && key !== "" && key.isWellFormed();
  if (isText && ByteBuffer.byteLength(key) <= KEY_MAX_BYTES) return key;
  throw invalidArgument(`\`key\` must be well-formed text of 1 to ${KEY_MAX_BYTES} bytes of UTF-8.`);
}

/** Throws `INVALID_ARGUMENT` if an append specifies both a thread to create and a version, which cannot both exist. */
export function checkCreate(create: unknown, previous: unknown): void {
  if (create === undefined || previous === undefined) return;
  throw invalidArgument("`create` and `previous` must not be combined. Pass one of them.");
}
