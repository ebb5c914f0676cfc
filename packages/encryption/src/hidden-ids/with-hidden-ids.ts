import type { ThreadStore } from "@threadstore/core";
import {
  checkLayers,
  checkOptionNames,
  namespaceOf,
  type OptionNames,
  wrapThreadStore,
} from "@threadstore/core/decorator";
import { createMac } from "#crypto";
import { encodeBase64url, encodeText, encodeTexts } from "../format/bytes.ts";
import { keyBytes } from "../keys/key-bytes.ts";
import { hasSealedMetadata } from "../sealed-stores.ts";
import { hiddenOperations } from "./hidden-operations.ts";
import { storedIds } from "./stored-ids.ts";

/** The options of {@link withHiddenIds}. */
export interface HiddenIdsOptions {
  /**
   * The key of the hash: 32 random bytes, or their base64. It cannot be replaced without copying the threads to another
   * store.
   */
  readonly key: Uint8Array | string;
}

const OPTION_NAMES: OptionNames<HiddenIdsOptions> = { key: "required" };
const PURPOSE = encodeText("threadstore.encryption.1.id\n");

/**
 * Creates a store that stores threads under a keyed hash of their ids, and keeps the ids in the metadata. `store` must
 * encrypt metadata: `withEncryption(…, { metadata: "sealed" })`. Listings return the ids, in the order of their hashes, and
 * cannot filter by `prefix`. Namespaces stay visible. The result owns `store` and closes it. Throws a `TypeError` for
 * invalid options, and if `store` does not seal metadata.
 */
export function withHiddenIds(store: ThreadStore, options: HiddenIdsOptions): ThreadStore {
  checkOptionNames(options, OPTION_NAMES);
  const mac = createMac(keyBytes("`key`", options.key));
  checkLayers("hiddenIds", store);
  if (!hasSealedMetadata(store)) {
    throw new TypeError(
      'The store must seal metadata, which contain the ids. Pass `withEncryption(store, { metadata: "sealed", keys })`.',
    );
  }
  const checked = new Set<string>();
  return wrapThreadStore(store, {
    name: "hiddenIds",
    operations(namespace) {
      // The same for a view with hidden ids and a view of the store with hidden ids.
      const name = namespaceOf(namespace.inner) ?? namespace.name;
      const hideId = async (id: string): Promise<string> =>
        encodeBase64url(await mac(PURPOSE, encodeTexts(name, id)));
      return hiddenOperations(namespace, hideId, storedIds(checked, name, hideId));
    },
  });
}
