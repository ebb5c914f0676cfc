import { withCompression } from "@threadstore/compression";
import type { ThreadStore } from "@threadstore/core";
import {
  applyRetention,
  eraseWhere,
  type RemovalOptions,
  type RemovalResult,
} from "@threadstore/core/maintenance";
import { staticKeys, withEncryption } from "@threadstore/encryption";
import { openStore, type StoreLocation } from "@threadstore/test-stores";
import { withAttachments } from "./with-attachments.ts";

/** The jobs, both of which delete the threads whose metadata has the owner ann. */
export const JOBS: Readonly<
  Record<string, (store: ThreadStore, options?: RemovalOptions) => Promise<RemovalResult>>
> = {
  retention: (store, options) => applyRetention(store, { where: { owner: "ann" } }, options),
  erasure: (store, options) => eraseWhere(store, { owner: "ann" }, options),
};

const keys = staticKeys({ current: "a", keys: { a: Buffer.alloc(32, 7).toString("base64") } });

/** The layers over a store. */
export const LAYERS: Readonly<Record<string, (store: ThreadStore) => ThreadStore>> = {
  none: (store) => store,
  // The owner of a thread is in its metadata, which is encrypted, too.
  all: (store) =>
    withAttachments(withCompression(withEncryption(store, { keys, metadata: "sealed" })), {
      limitBytes: 1024,
    }),
};

/** What a child process has to do. It is JSON. */
export interface Task {
  readonly location: StoreLocation;
  readonly namespace: string;
  readonly job: string;
  readonly layer: string;
  readonly cursor: string | undefined;
}

/** Opens the store and the namespace of a task. */
export async function openTask({ location, namespace, layer }: Task): Promise<[ThreadStore, ThreadStore]> {
  const store = LAYERS[layer]?.(await openStore(location));
  if (store === undefined) throw new Error("Unknown layer.");
  return [store, store.namespace(namespace)];
}
