import { type Harness, register } from "@threadstore/conformance";
import { createThreadStore } from "@threadstore/core/driver";
import { variantSelection } from "@threadstore/services/variant-selection";
import { memoryHarness, sqliteHarness } from "@threadstore/test-stores/layer-harness";
import {
  type Locations,
  memoryLocations,
  sqliteLocations,
  temporaryFolder,
} from "@threadstore/test-stores/locations";
import { afterAll, describe, it } from "vitest";
import { openOver, type Settings } from "./conformance.test-helper.ts";

const layer = {
  name: "history",
  openOver,
  child: new URL("conformance-child.test-helper.ts", import.meta.url),
};

/** Adds the stores that keep other versions, and the one without versions. */
function withHistories(harness: Harness, { driverOf }: Locations, keep: Settings): Harness {
  return {
    ...harness,
    history: {
      open: async (location, { versions, ageMs }, options) =>
        openOver(driverOf(location), options, { ...keep, versions, ageMs }),
    },
    withoutHistory: async (location, options) => createThreadStore(driverOf(location), options),
  };
}

function memoryStores(keep: Settings): Harness {
  const locations = memoryLocations();
  return withHistories(memoryHarness(layer, keep, locations), locations, keep);
}

const folder = temporaryFolder();
afterAll(() => folder[Symbol.dispose]());

function sqliteStores(keep: Settings): Harness {
  const { path } = folder;
  return withHistories(sqliteHarness(layer, keep, path), sqliteLocations(path), keep);
}

describe("memoryStore with history", () => {
  register(memoryStores({}), { describe, it, after: afterAll });
});

describe("memoryStore with a history that is pruned often", () => {
  const keep = { versions: 2 };
  const selection = variantSelection({ tiers: ["core", "concurrent"] });
  register(memoryStores(keep), { describe, it, after: afterAll }, selection);
});

describe("sqliteStore with history", () => {
  // Memory has no processes that could be killed. The cases of the core tier do the same there.
  const selection = variantSelection({ tiers: ["concurrent", "faults", "durable", "hygiene"] });
  register(sqliteStores({ versions: 5 }), { describe, it, after: afterAll }, selection);
});
