import { ThreadStoreError } from "@threadstore/core";
import type { EncryptionKey, KeyProvider, MissingKeys } from "./key-provider.ts";
import { sealingKey } from "./sealing-key.ts";

/**
 * Returns a provider that rejects with `BACKEND_ERROR` if the given one throws anything else, or returns an invalid
 * key. If missing keys make a thread corrupt, a key that the key service no longer has counts as missing, too.
 */
export function guardedProvider(keys: KeyProvider, missingKeys: MissingKeys): KeyProvider {
  return {
    currentKey: () => guarded(() => keys.currentKey()),
    async findKey(id, wrapped) {
      try {
        return await guarded(() => keys.findKey(id, wrapped));
      } catch (error) {
        if (missingKeys === "corrupt" && ThreadStoreError.is(error, "MISCONFIGURED")) return undefined;
        throw error;
      }
    },
    isCurrent: (id) => keys.isCurrent(id),
  };
}

async function guarded<Key extends EncryptionKey | undefined>(get: () => Promise<Key>): Promise<Key> {
  try {
    const key = await get();
    if (key !== undefined) sealingKey(key);
    return key;
  } catch (cause) {
    if (ThreadStoreError.is(cause)) throw cause;
    throw new ThreadStoreError("BACKEND_ERROR", "The key provider failed. Read the cause.", { cause });
  }
}
