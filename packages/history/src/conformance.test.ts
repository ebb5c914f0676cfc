import { type Harness, register } from "@threadstore/conformance";
import { createThreadStore } from "@threadstore/core/driver";
import { variantSelection } from "@threadstore/services/variant-selection";
import {
  type Locations,
  memoryLocations,
  recordAccess,
  sqliteLocations,
  temporaryFolder,
} from "@threadstore/test-stores/locations";
import { afterAll, describe, it } from "vitest";
import { openOver, type Settings } from "./conformance.test-helper.ts";

/** Creates a harness of stores with history. */
function harnessOver(name: string, locations: Locations, keep: Settings): Harness {
  return {
    name,
    open: async (location, storeOptions) => openOver(locations.driverOf(location), storeOptions, keep),
    history: {
      open: async (location, { versions, ageMs }, storeOptions) =>
        openOver(locations.driverOf(location), storeOptions, { ...keep, versions, ageMs }),
    },
    withoutHistory: async (location, storeOptions) =>
      createThreadStore(locations.driverOf(location), storeOptions),
    ...recordAccess(locations),
  };
}

function memoryHarness(name: string, keep: Settings): Harness {
  return harnessOver(name, memoryLocations(), keep);
}

const folder = temporaryFolder();
afterAll(() => folder[Symbol.dispose]());

function sqliteHarness(keep: Settings): Harness {
  return {
    ...harnessOver("sqlite with history", sqliteLocations(folder.path), keep),
    childProcess: {
      module: new URL("conformance-child.test-helper.ts", import.meta.url),
      parameters: { folder: folder.path, keep },
    },
  };
}

describe("memoryStore with history", () => {
  register(memoryHarness("memory with history", {}), { describe, it, after: afterAll });
});

describe("memoryStore with a history that is pruned often", () => {
  const keep = { versions: 2 };
  const selection = variantSelection({ tiers: ["core", "concurrent"] });
  register(memoryHarness("memory with little history", keep), { describe, it, after: afterAll }, selection);
});

describe("sqliteStore with history", () => {
  // Memory has no processes that could be killed. The cases of the core tier do the same there.
  const selection = variantSelection({ tiers: ["concurrent", "faults", "durable", "hygiene"] });
  register(sqliteHarness({ versions: 5 }), { describe, it, after: afterAll }, selection);
});
