import type { ThreadStore } from "@threadstore/core";
import { checkLayers, segmentedOperations, wrapThreadStore } from "@threadstore/core/decorator";
import { rememberEncryption } from "./encryption-of.ts";
import { encryptionFormat } from "./format/encryption-format.ts";
import { metadataFormat } from "./format/sealed-metadata.ts";
import { type EncryptionOptions, resolveOptions } from "./options.ts";
import { rememberSealed } from "./sealed-stores.ts";
import { withinCalls } from "./within-call.ts";

/**
 * Creates a store that encrypts threads with AES-256-GCM before `store` receives them. Loads of threads that were
 * altered, moved or truncated reject with `CORRUPT`. Each save only encrypts the addition. The result owns `store` and
 * closes it. Throws a `TypeError` for invalid options, and if `store` has layers that belong above encryption.
 */
export function withEncryption(store: ThreadStore, options: EncryptionOptions): ThreadStore {
  const { maxThreadBytes, ...resolved } = resolveOptions(options);
  checkLayers("encryption", store);
  const format = encryptionFormat({ ...resolved, metadata: metadataFormat(resolved) });
  const encrypted = wrapThreadStore(store, {
    name: format.name,
    maxThreadBytes,
    operations(namespace) {
      if (resolved.isSealed) rememberSealed(namespace.inner);
      return withinCalls(segmentedOperations(namespace, format, { maxThreadBytes }));
    },
  });
  return rememberEncryption(encrypted, { inner: store, ...resolved });
}
