import { hiddenField } from "../encoding/hidden-field.ts";

/** Where the threads of a store or view are. */
export interface StoreLocation {
  /** The same object for all views of a store, and for the decorators on it. */
  readonly backend: object;
  readonly namespace: string;
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

/** Returns whether the namespace of `store` is that of `outer`, or nested in it, as far as that is known. */
export function isWithin(store: object, outer: object): boolean {
  const [location, outerLocation] = [locationOf(store), locationOf(outer)];
  if (location === undefined || location.backend !== outerLocation?.backend) return false;
  const { namespace } = outerLocation;
  return namespace === "" || `${location.namespace}/`.startsWith(`${namespace}/`);
}
