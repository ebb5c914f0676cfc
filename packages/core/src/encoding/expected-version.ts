import type { ThreadKey } from "../thread-driver.ts";
import type { Version } from "../thread-store.ts";
import { checkedVersion } from "../validation/version.ts";
import { type Snapshot, snapshotOf } from "./snapshot.ts";

/** The version that a conditional write or delete requires. */
export interface ExpectedVersion {
  readonly version: Version;
  /** Its record, if the caller passed an object that this process got from a store. */
  readonly snapshot: Snapshot | undefined;
}

/** Returns the version that the value of an option stands for. Throws `INVALID_ARGUMENT`. */
export function expectedVersionOf(
  key: ThreadKey,
  previous: unknown,
  option: "previous" | "cached" = "previous",
): ExpectedVersion | undefined {
  const version = checkedVersion(key.id, previous, option);
  return version === undefined ? undefined : { version, snapshot: snapshotAt(key, previous) };
}

/** Returns the snapshot of `handedOut` if a store returned that object for this thread. */
export function snapshotAt({ namespace, id }: ThreadKey, handedOut: unknown): Snapshot | undefined {
  if (typeof handedOut !== "object" || handedOut === null) return undefined;
  const snapshot = snapshotOf(handedOut);
  // For the same id in another namespace it is a version like any other, and does not match.
  return snapshot?.key.namespace === namespace && snapshot.key.id === id ? snapshot : undefined;
}
