import { ThreadStoreError } from "../errors.ts";
import { layersOf } from "../runtime/layers-of.ts";
import type { IntactThreadSummary, ThreadMetadata, ThreadStore } from "../thread-store.ts";
import { SEALED_METADATA } from "../validation/decorated-metadata.ts";
import { matchesWhere } from "../validation/where.ts";

/**
 * Returns a function that returns whether a thread of the store matches `where`. It throws `MISCONFIGURED` for a thread
 * whose metadata the store cannot read, because a layer is missing: a receipt that does not count it would be wrong.
 */
export function selectionOf(
  store: ThreadStore,
  where: Readonly<ThreadMetadata>,
): (thread: IntactThreadSummary) => boolean {
  // A store with encryption has unsealed the metadata, and its callers may use any name.
  const isEncrypted = layersOf(store).includes("encryption");
  return ({ metadata = {} }) => {
    if (!isEncrypted && Object.hasOwn(metadata, SEALED_METADATA)) throw sealedMetadata();
    return matchesWhere(metadata, where);
  };
}

function sealedMetadata(): ThreadStoreError {
  return new ThreadStoreError(
    "MISCONFIGURED",
    "A thread has sealed metadata, so that it is unknown whether it matches `where`. Pass the store that your application " +
      "uses, with `withEncryption` and all other layers. Matching threads that were listed before may have been deleted.",
  );
}
