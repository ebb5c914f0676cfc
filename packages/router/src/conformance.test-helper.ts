import type { Harness } from "@threadstore/conformance";
import type { JsonValue, StoreOptions, ThreadStore } from "@threadstore/core";
import { createThreadStore, type ThreadDriver } from "@threadstore/core/driver";
import { fileSystemDriver } from "@threadstore/file-system";
import { sqliteDriver } from "@threadstore/sqlite";
import { locationWithin, openStore, type StoreLocation } from "@threadstore/test-stores";
import { recordAccess } from "@threadstore/test-stores/locations";
import { routerStore } from "./router-store.ts";

/** The locations of the stores of a router, as JSON, so that child processes can open the same stores. */
export interface Bases {
  /** The store of the threads without a namespace. */
  readonly root: StoreLocation;
  readonly other: StoreLocation;
  /** Where the placements are recorded. */
  readonly placement: StoreLocation;
}

/** Opens a router for a location of the suite. About half of the namespaces are in each store. */
export async function openOver(
  { root, other, placement }: Bases,
  location: string,
  options: StoreOptions = {},
): Promise<ThreadStore> {
  const stores = {
    root: await openBackend(rootOf({ root }, location), options),
    other: await openBackend(locationWithin(other, `${location} other`), options),
  };
  const recorded = await openBackend(locationWithin(placement, `${location} placement`), {});
  return routerStore({ stores, placement: recorded, timeoutMs: options.timeoutMs });
}

/** Opens databases without syncing. Durability across power failures is tested in @threadstore/sqlite. */
async function openBackend(location: StoreLocation, options: StoreOptions): Promise<ThreadStore> {
  if (location.kind !== "sqlite") return openStore(location, options);
  return createThreadStore(sqliteDriver({ path: location.path, synchronous: "normal" }), options);
}

function rootOf({ root }: Pick<Bases, "root">, location: string): StoreLocation {
  return locationWithin(root, `${location} root`);
}

/**
 * Creates a harness whose locations consist of a store of each kind. The suite alters the records of the first store,
 * if its driver does not change them.
 */
export function harnessOver(bases: Bases): Harness {
  const { root, other, placement } = bases;
  const access = recordAccess({
    driverOf: (location) => driverAt(rootOf(bases, location)),
    async destroy(location) {
      const others = [
        locationWithin(other, `${location} other`),
        locationWithin(placement, `${location} placement`),
      ];
      for (const each of [rootOf(bases, location), ...others]) {
        await using store = await openStore(each);
        await store.erase();
      }
    },
  });
  return {
    ...(root.kind === "redis" ? {} : access),
    destroy: (location) => access.destroy(location),
    name: `router over ${root.kind} and ${other.kind}`,
    open: (location, options) => openOver(bases, location, options),
    childProcess: {
      module: new URL("conformance-child.test-helper.ts", import.meta.url),
      parameters: bases as unknown as JsonValue,
    },
  };
}

function driverAt(location: StoreLocation): ThreadDriver {
  if (location.kind === "sqlite") return sqliteDriver({ path: location.path });
  if (location.kind === "file-system") return fileSystemDriver({ folder: location.folder });
  throw new Error("The suite does not change records of this store.");
}
