import type { JsonValue } from "@threadstore/core";
import { corrupt, newerFormat } from "../errors.ts";
import { isKeyId, isWrappedKey } from "../keys/key-provider.ts";
import type { SealingKey } from "../keys/sealing-key.ts";

const FORMAT = 1;

/** The names of the key of a stored thread. */
export interface KeyReference {
  readonly id: string;
  readonly wrapped: string | undefined;
}

export function encodeHeader({ id, wrapped }: SealingKey): JsonValue {
  return { format: FORMAT, key: id, ...(wrapped === undefined ? {} : { wrapped }) };
}

/** Throws `CORRUPT` for an invalid header, which nothing authenticates: another key decrypts nothing. */
export function parseHeader(header: JsonValue): KeyReference {
  const { format, key, wrapped } = (header ?? {}) as { readonly [name: string]: unknown };
  if (typeof format === "number" && format > FORMAT) throw newerFormat();
  if (format !== FORMAT || !isKeyId(key) || !(wrapped === undefined || isWrappedKey(wrapped))) {
    throw corrupt("The header of the encrypted thread is invalid.");
  }
  return { id: key, wrapped };
}
