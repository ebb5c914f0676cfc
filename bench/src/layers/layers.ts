import { withCompression } from "@threadstore/compression";
import type { ThreadStore } from "@threadstore/core";

/** A store with some layers. */
export interface Layers {
  readonly name: string;
  readonly on: (store: ThreadStore) => ThreadStore;
}

/** The store alone, each layer, and all of them. The others are compared with the first. */
export const LAYERS: readonly Layers[] = [
  { name: "none", on: (store) => store },
  { name: "compression", on: (store) => withCompression(store) },
  { name: "compression, deflate", on: (store) => withCompression(store, { algorithm: "deflate" }) },
];
