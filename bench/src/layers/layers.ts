import { randomBytes } from "node:crypto";
import { withAttachments } from "@threadstore/attachments";
import { withCompression } from "@threadstore/compression";
import type { ThreadStore } from "@threadstore/core";
import { staticKeys, withEncryption } from "@threadstore/encryption";
import { withHistory } from "@threadstore/history";

/** A store with some layers. */
export interface Layers {
  readonly name: string;
  readonly on: (store: ThreadStore) => ThreadStore;
}

const keys = staticKeys({ current: "bench", keys: { bench: randomBytes(32) } });
const encrypted = (store: ThreadStore): ThreadStore => withEncryption(store, { keys });

/** The store alone, each layer, and stacks of them. The others are compared with the first. */
export const LAYERS: readonly Layers[] = [
  { name: "none", on: (store) => store },
  { name: "attachments", on: (store) => withAttachments(store) },
  { name: "compression", on: (store) => withCompression(store) },
  { name: "compression, deflate", on: (store) => withCompression(store, { algorithm: "deflate" }) },
  { name: "encryption", on: encrypted },
  { name: "history", on: (store) => withHistory(store) },
  { name: "compression over encryption", on: (store) => withCompression(encrypted(store)) },
  {
    name: "history over compression over encryption",
    on: (store) => withHistory(withCompression(encrypted(store))),
  },
  { name: "all", on: (store) => withHistory(withAttachments(withCompression(encrypted(store)))) },
];
