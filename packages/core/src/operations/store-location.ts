import { randomUUID } from "#platform";
import { hiddenField } from "../encoding/hidden-field.ts";
import { textDigest } from "../platform/digest.ts";
import type { ResolvedStoreOptions } from "../validation/store-options.ts";

/** Where the threads of a store or view are. */
export interface StoreLocation {
  /** The same object for all views of a store, and for the decorators on it. */
  readonly backend: object;
  /** The name of the driver, and where it keeps its records, if it says so. */
  readonly driver: { readonly name: string; readonly location?: string | object | undefined };
  readonly namespace: string;
  readonly options: {
    readonly timeoutMs?: ResolvedStoreOptions["timeoutMs"] | undefined;
    readonly now?: ResolvedStoreOptions["now"] | undefined;
  };
}

const locations = hiddenField<StoreLocation>();

/** Remembers the location of a store or view. */
export function setLocation(store: object, location: StoreLocation | undefined): void {
  if (location !== undefined) locations.attach(store, location);
}

/** Returns the location of a store or view; `undefined` if another implementation of stores created it. */
export function locationOf(store: object): StoreLocation | undefined {
  return locations.read(store);
}

/** Returns the clock of a store or view, and of the stores inside of it: `Date.now` if another implementation created it. */
export function clockOf(store: unknown): () => number {
  const isObject = typeof store === "object" && store !== null;
  return (isObject ? locationOf(store) : undefined)?.options.now ?? Date.now;
}

/**
 * Returns the namespace of a store or view in the store that contains its records: its levels, escaped and joined by
 * slashes. `undefined` if another implementation of stores created it.
 */
export function namespaceOf(store: object): string | undefined {
  return locationOf(store)?.namespace;
}

/** Returns whether the namespace of `store` is that of `outer`, or nested in it, as far as that is known. */
export function isWithin(store: object, outer: object): boolean {
  const [location, outerLocation] = [locationOf(store), locationOf(outer)];
  if (location === undefined || outerLocation === undefined || !isSameBackend(location, outerLocation)) {
    return false;
  }
  const { namespace } = outerLocation;
  return namespace === "" || `${location.namespace}/`.startsWith(`${namespace}/`);
}

function isSameBackend(left: StoreLocation, right: StoreLocation): boolean {
  if (left.backend === right.backend) return true;
  const { name, location } = left.driver;
  return location !== undefined && name === right.driver.name && location === right.driver.location;
}

/** Identifies locations that are objects, which no other process has. */
const objectIds = new WeakMap<object, string>();

function idOf(location: object): string {
  const id = objectIds.get(location) ?? randomUUID();
  objectIds.set(location, id);
  return id;
}

/**
 * Returns a short text that is the same for the same source of a copy in every process, and differs for others as far as
 * their drivers say where their records are. A digest, because a location can be internal to the operator.
 */
export function sourceDigest(store: object): string {
  const { driver, namespace } = locationOf(store) ?? {};
  const location = typeof driver?.location === "object" ? idOf(driver.location) : driver?.location;
  return textDigest(JSON.stringify([driver?.name, location, namespace])).slice(0, 22);
}
