import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Harness } from "@threadstore/conformance";
import type { StoreOptions, ThreadStore } from "@threadstore/core";
import {
  locationWithin,
  openStore,
  SERVICE_LIMITS,
  type StoreLocation,
  type StoreName,
} from "@threadstore/test-stores";
import { hasHistory, historyStackOn, INNER_MAX_BYTES, type LayerName, stackOn, titleOf } from "./stacks.ts";

/** The parameters with which a child process opens a location. */
export interface ChildParameters {
  /** The folder of a suite, which contains where its stores are. */
  readonly folder: string;
  readonly layers: LayerName[];
}

const BASE_FILE = "location.json";

/** Stores where the stores of a suite are, for this process and its children. */
export function writeBase(folder: string, base: StoreLocation): void {
  writeFileSync(join(folder, BASE_FILE), JSON.stringify(base));
}

/** Returns where the suite's location `name` is. */
function locationOf(folder: string, name: string): StoreLocation {
  const base = JSON.parse(readFileSync(join(folder, BASE_FILE), "utf8")) as StoreLocation;
  return locationWithin(base, name);
}

/** Opens a location with layers. The size limit of the suite applies to threads as callers see them. */
export async function openStack(
  { folder, layers }: ChildParameters,
  name: string,
  options: StoreOptions = {},
): Promise<ThreadStore> {
  return stackOn(layers, await openInner(folder, name, options), options);
}

/** Opens the store below the layers, which has more space than the suite allows. */
function openInner(folder: string, name: string, options: StoreOptions): Promise<ThreadStore> {
  return openStore(locationOf(folder, name), { ...options, maxThreadBytes: INNER_MAX_BYTES });
}

/**
 * Returns the additional members of a harness with history: stores with other retention, and the store without history.
 */
export function histories(
  layers: readonly LayerName[],
  open: (name: string, options: StoreOptions) => Promise<ThreadStore>,
): Pick<Harness, "history" | "withoutHistory"> {
  if (!hasHistory(layers)) return {};
  return {
    history: {
      open: async (name, keep, options = {}) =>
        historyStackOn(layers, await open(name, options), { ...options, keep }),
    },
    withoutHistory: async (name, options = {}) =>
      stackOn(layers.slice(1), await open(name, options), options),
  };
}

/** Creates a harness for layers on a store that other processes can open, once `writeBase` has been called. */
export function stackHarness(kind: StoreName, layers: readonly LayerName[], folder: string): Harness {
  const parameters: ChildParameters = { folder, layers: [...layers] };
  return {
    name: `${titleOf(layers)} over ${kind}`,
    ...SERVICE_LIMITS[kind],
    open: (name, options) => openStack(parameters, name, options),
    ...histories(layers, (name, options) => openInner(folder, name, options)),
    async destroy(name) {
      const store = await openStore(locationOf(folder, name));
      await store.erase();
      await store.close();
    },
    childProcess: {
      module: new URL("child.ts", import.meta.url),
      parameters: { folder, layers: parameters.layers },
    },
  };
}
