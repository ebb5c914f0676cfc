import type { ThreadStore } from "@threadstore/core";
import { checkLayers, checkStore, invalidArgument } from "@threadstore/core/decorator";
import { encryptionOf } from "../encryption-of.ts";
import { type ResealOptions, type ResolvedResealOptions, resolveResealOptions } from "./reseal-options.ts";

/** The arguments of a job on encrypted threads, after their checks. */
export interface ResealedStore extends ResolvedResealOptions {
  /** The store inside of the encryption. */
  readonly inner: ThreadStore;
}

/** Finds the store inside of `withEncryption`. Throws `INVALID_ARGUMENT` unless all arguments are valid. */
export function resealedStore(store: ThreadStore, options: ResealOptions): ResealedStore {
  checkStore("store", store);
  const encryption = encryptionOf(store);
  const resolved = resolveResealOptions(options, encryption);
  if (resolved.usesStoreKeys && encryption !== undefined) return { ...resolved, inner: encryption.inner };
  checkInner(store);
  return { ...resolved, inner: store };
}

/** Throws `INVALID_ARGUMENT` if the store has encryption, or a layer that belongs above it. */
function checkInner(store: ThreadStore): void {
  try {
    checkLayers("encryption", store);
  } catch {
    // The message would say how to combine layers.
    throw invalidArgument(
      "With `keys`, `store` must not have encryption, or a layer that belongs above it. Pass the store that is inside of `withEncryption`, or a view of it, or omit `keys`.",
    );
  }
}
