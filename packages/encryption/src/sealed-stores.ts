import type { ThreadStore } from "@threadstore/core";

/** The stores and views to which `withEncryption` writes sealed metadata. */
const sealedStores = new WeakSet<ThreadStore>();

/** Remembers that a layer seals the metadata that it writes to `inner`. */
export function rememberSealed(inner: ThreadStore): void {
  sealedStores.add(inner);
}

/** Returns whether a store has encryption with sealed metadata, directly or below other layers. */
export function hasSealedMetadata(store: unknown): boolean {
  let layer = store;
  while (isDescribed(layer)) {
    const { store: name, decorates } = layer.toJSON() as {
      readonly store: unknown;
      readonly decorates?: unknown;
    };
    if (name === "encryption") return sealedStores.has(decorates as ThreadStore);
    layer = decorates;
  }
  return false;
}

/** Returns whether a store describes itself, as those of this project do. */
export function isDescribed(store: unknown): store is { toJSON(): object } {
  return (
    typeof store === "object" && store !== null && "toJSON" in store && typeof store.toJSON === "function"
  );
}
