import type { ThreadStore } from "@threadstore/core";
import { checkLayers, segmentedOperations, wrapThreadStore } from "@threadstore/core/decorator";
import { compressionFormat } from "./format/compression-format.ts";
import { type CompressionOptions, resolveOptions } from "./options.ts";

/**
 * Creates a store that compresses the threads of `store`. A save compresses only what it adds to the thread. Threads that
 * `store` already contains stay readable. The result owns `store` and closes it. Throws a `TypeError` for invalid options, and if
 * `store` has layers that belong outside.
 */
export function withCompression(store: ThreadStore, options: CompressionOptions = {}): ThreadStore {
  const resolved = resolveOptions(options);
  checkLayers("compression", store);
  const format = compressionFormat(resolved);
  const { maxThreadBytes } = resolved;
  return wrapThreadStore(store, {
    name: format.name,
    maxThreadBytes,
    operations: (namespace) => segmentedOperations(namespace, format, { maxThreadBytes }),
  });
}
