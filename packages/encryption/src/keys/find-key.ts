import { lostKey, missingKey } from "../errors.ts";
import type { KeyReference } from "../format/header.ts";
import type { KeyProvider, MissingKeys } from "./key-provider.ts";
import { type SealingKey, sealingKey } from "./sealing-key.ts";

export interface FindKeyOptions {
  readonly keys: KeyProvider;
  readonly missingKeys: MissingKeys;
}

/**
 * Resolves with the key of a stored thread or of its metadata. If the provider does not have it, rejects with
 * `MISCONFIGURED`, or with `CORRUPT` if `missingKeys` says so.
 */
export async function findKey(
  { keys, missingKeys }: FindKeyOptions,
  { id, wrapped }: KeyReference,
): Promise<SealingKey> {
  const key = await keys.findKey(id, wrapped);
  if (key !== undefined) return sealingKey(key);
  throw missingKeys === "corrupt" ? lostKey(id) : missingKey(id);
}
