import { sha256 } from "#platform";
import type { ThreadMetadata } from "../thread-store.ts";

/**
 * Returns a hash of 48 bits for each member of `metadata`, without duplicates, for backends that index metadata: names
 * and values can contain U+0000 and be longer than the key of an index. Different members rarely have the same hash,
 * and core checks the listed records. The namespace is part of the hash, so that an entry of an index leads only to
 * threads of that namespace.
 */
export function metadataHashes(namespace: string, metadata: ThreadMetadata): number[] {
  const hashes = Object.entries(metadata).map(([name, value]) =>
    sha256(JSON.stringify([namespace, name, value])).readUIntBE(0, 6),
  );
  return [...new Set(hashes)];
}
