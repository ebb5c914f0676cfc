import type { ThreadStore } from "@threadstore/core";
import type { KeyProvider, MissingKeys } from "./keys/key-provider.ts";
import { isDescribed } from "./sealed-stores.ts";

/** The store inside of `withEncryption`, and how that call stores threads in it. */
export interface StoreEncryption {
  readonly inner: ThreadStore;
  readonly keys: KeyProvider;
  readonly isSealed: boolean;
  readonly migrating: boolean;
  readonly missingKeys: MissingKeys;
}

const encryptions = new WeakMap<object, StoreEncryption>();

/** Remembers what `withEncryption` was called with. Returns its result. */
export function rememberEncryption(result: ThreadStore, encryption: StoreEncryption): ThreadStore {
  encryptions.set(result, encryption);
  return result;
}

/**
 * Returns the encryption of a store, directly or below other layers; `undefined` if it does not have any, is a view of a
 * namespace, or was encrypted by another copy of this package.
 */
export function encryptionOf(store: ThreadStore): StoreEncryption | undefined {
  let layer: unknown = store;
  while (isDescribed(layer)) {
    const encryption = encryptions.get(layer);
    if (encryption !== undefined) return encryption;
    layer = (layer.toJSON() as { readonly decorates?: unknown }).decorates;
  }
  return undefined;
}
