import { type Snapshot, snapshotOf } from "../record/stored-thread.ts";
import type { ThreadKey } from "../thread-driver.ts";
import type { Version } from "../thread-store.ts";
import { invalidArgument } from "./invalid-argument.ts";

/** What the caller last saw, as given in `previous`. */
export interface Seen {
  readonly version: Version;
  /** Present when it is an object that this process got from a store. */
  readonly snapshot: Snapshot | undefined;
}

const VERSION = /^[\u0021\u0023-\u007e]+$/u;

/** What `previous` stands for; `undefined` when there is none. Throws `INVALID_ARGUMENT`. */
export function seenBy({ namespace, id }: ThreadKey, previous: unknown): Seen | undefined {
  if (previous === undefined) return undefined;
  if (typeof previous === "string") return { version: checkedVersion(previous), snapshot: undefined };
  if (typeof previous !== "object" || previous === null || !("version" in previous)) {
    throw invalidArgument(
      "previous is what a store returned for this thread, or its version; undefined to create.",
    );
  }
  if ("id" in previous && previous.id !== id)
    throw invalidArgument("previous is a version of another thread.");
  const snapshot = snapshotOf(previous);
  // Of the same id in another namespace it is a version like any other, which will not match.
  const isOwn = snapshot?.key.namespace === namespace;
  return { version: checkedVersion(previous.version), snapshot: isOwn ? snapshot : undefined };
}

function checkedVersion(version: unknown): Version {
  if (typeof version === "string" && VERSION.test(version)) return version;
  throw invalidArgument(
    "A version is printable ASCII without quotes or spaces. Take the quotes off an ETag.",
  );
}
