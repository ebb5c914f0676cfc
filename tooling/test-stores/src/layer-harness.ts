import type { StoreOptions, ThreadStore } from "@threadstore/core";
import type { ThreadDriver } from "@threadstore/core/driver";
import {
  type Locations,
  memoryLocations,
  type RecordAccess,
  recordAccess,
  sqliteAt,
  sqliteLocations,
} from "./locations.ts";

/** Opens a layer over a driver, with the options of the suite. */
export type OpenOver<Settings> = (
  driver: ThreadDriver,
  options: StoreOptions | undefined,
  settings: Settings,
) => ThreadStore;

/** A layer that the suite tests over drivers. */
export interface LayerUnderTest<Settings> {
  /** The name in reports, such as `compression`. */
  readonly name: string;
  readonly openOver: OpenOver<Settings>;
  /** The module whose `openStore` is what `openInChild` returns. */
  readonly child: URL;
}

/** A harness of the suite. */
export interface LayerHarness extends RecordAccess {
  readonly name: string;
  open(location: string, options?: StoreOptions): Promise<ThreadStore>;
}

/** A harness whose stores other processes can open. */
export interface SharedLayerHarness<Settings> extends LayerHarness {
  readonly childProcess: {
    readonly module: URL;
    readonly parameters: { readonly folder: string; readonly settings: Settings };
  };
}

/** Creates a harness of the layer over memory. */
export function memoryHarness<Settings>(
  layer: LayerUnderTest<Settings>,
  settings: Settings,
  locations: Locations = memoryLocations(),
): LayerHarness {
  return harnessOver("memory", layer, settings, locations);
}

/** Creates a harness of the layer over SQLite, with databases in a folder. */
export function sqliteHarness<Settings>(
  layer: LayerUnderTest<Settings>,
  settings: Settings,
  folder: string,
): SharedLayerHarness<Settings> {
  return {
    ...harnessOver("sqlite", layer, settings, sqliteLocations(folder)),
    childProcess: { module: layer.child, parameters: { folder, settings } },
  };
}

function harnessOver<Settings>(
  backend: string,
  { name, openOver }: LayerUnderTest<Settings>,
  settings: Settings,
  locations: Locations,
): LayerHarness {
  return {
    name: `${backend} with ${name}`,
    open: async (location, options) => openOver(locations.driverOf(location), options, settings),
    ...recordAccess(locations),
  };
}

/** Returns the `openStore` of a child process of `sqliteHarness`. */
export function openInChild<Settings>(
  openOver: OpenOver<Settings>,
): (location: string, parameters: unknown) => ThreadStore {
  return (location, parameters) => {
    const { folder, settings } = parameters as { folder: string; settings: Settings };
    return openOver(sqliteAt(folder, location), {}, settings);
  };
}
