import { type Harness, register } from "@threadstore/conformance";
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

/** Creates a harness of compressed stores. */
function harnessOver(name: string, locations: Locations, settings: Settings): Harness {
  return {
    name,
    open: async (location, storeOptions) => openOver(locations.driverOf(location), storeOptions, settings),
    ...recordAccess(locations),
  };
}

function memoryHarness(settings: Settings): Harness {
  return harnessOver("memory with compression", memoryLocations(), settings);
}

const folder = temporaryFolder();
afterAll(() => folder[Symbol.dispose]());

function sqliteHarness(settings: Settings): Harness {
  return {
    ...harnessOver("sqlite with compression", sqliteLocations(folder.path), settings),
    childProcess: {
      module: new URL("conformance-child.test-helper.ts", import.meta.url),
      parameters: { folder: folder.path, settings },
    },
  };
}

describe("memoryStore with compression of all texts", () => {
  register(memoryHarness({ minBytes: 0 }), { describe, it, after: afterAll });
});

describe("memoryStore with compression without Zstandard", () => {
  const settings = { algorithm: "deflate" } as const;
  register(memoryHarness(settings), { describe, it, after: afterAll }, variantSelection({ tiers: ["core"] }));
});

describe("sqliteStore with compression", () => {
  // Memory has no processes that could be killed. The cases of the core tier do the same there.
  const selection = variantSelection({ tiers: ["concurrent", "faults", "durable", "hygiene"] });
  register(sqliteHarness({}), { describe, it, after: afterAll }, selection);
});
