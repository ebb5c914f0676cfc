import type { ThreadStore } from "@threadstore/core";
import { storedName } from "@threadstore/core/documents";
import { checkedName } from "./snapshot-error.ts";

/** Where snapshots are stored. */
export interface Location {
  readonly snapshots: ThreadStore;
  /** The indexes of sessions: the ids of their snapshots. */
  readonly sessions: ThreadStore;
}

/** The longest name that is stored as it is, in bytes of UTF-8. Names of namespaces are limited to 512 in total. */
const MAX_BYTES = 200;

/** Returns the location of all snapshots. */
export function locate(root: ThreadStore): Location {
  return { snapshots: root.namespace("snapshots"), sessions: root.namespace("sessions") };
}

/** Returns the location of a tenant's snapshots. Throws `INVALID_ARGUMENT`. */
export function locateTenant(store: ThreadStore, tenant: unknown): Location {
  return locate(store.namespace(nameIn(tenant, "tenant")));
}

/** Returns a name that every store accepts. Throws `INVALID_ARGUMENT` with `path`. */
export function nameIn(name: unknown, path: string): string {
  return storedName(checkedName(name, path), { maxBytes: MAX_BYTES });
}
