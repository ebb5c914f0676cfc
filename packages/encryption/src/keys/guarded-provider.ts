import { ThreadStoreError } from "@threadstore/core";
import type { EncryptionKey, KeyProvider } from "./key-provider.ts";
import { sealingKey } from "./sealing-key.ts";

/** Returns a provider that rejects with `BACKEND_ERROR` if the given one throws anything else, or returns an invalid key. */
export function guardedProvider(keys: KeyProvider): KeyProvider {
  return {
    currentKey: () => guarded(() => keys.currentKey()),
    findKey: (id, wrapped) => guarded(() => keys.findKey(id, wrapped)),
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
