import type { ThreadKey } from "../thread-driver.ts";
import type { Version } from "../thread-store.ts";
import { checkedVersion, type VersionedMethod } from "../validation/version.ts";
import { type Snapshot, snapshotOf } from "./snapshot.ts";

/** The version that a save or delete requires, or that a load already has. */
export interface ExpectedVersion {
  readonly version: Version;
  /** Its record, if the caller passed an object that this process got from a store. */
  readonly snapshot: Snapshot | undefined;
}

/** Returns the version that the option `previous` or `cached` of a method stands for. Throws `INVALID_ARGUMENT`. */
export function expectedVersionOf(
  key: ThreadKey,
  value: unknown,
  method: VersionedMethod,
): ExpectedVersion | undefined {
  const version = checkedVersion(key.id, value, method);
  return version === undefined ? undefined : { version, snapshot: snapshotAt(key, value) };
}

function snapshotAt({ namespace, id }: ThreadKey, value: unknown): Snapshot | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const snapshot = snapshotOf(value);
  // A thread with the same id in another namespace is a different thread. Its version will not match.
  return snapshot?.key.namespace === namespace && snapshot.key.id === id ? snapshot : undefined;
}
