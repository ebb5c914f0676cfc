import { type Harness, register } from "@threadstore/conformance";
import { variantSelection } from "@threadstore/services/variant-selection";
import {
  type Locations,
  memoryLocations,
  recordAccess,
  recordIds,
  sqliteLocations,
  temporaryFolder,
} from "@threadstore/test-stores/locations";
import { afterAll, describe, it } from "vitest";
import { openOver, type Settings } from "./conformance.test-helper.ts";
import { nameOfRecord, RESERVED_NAME, tokenOf } from "./format/names.ts";

/** Creates a harness of stores with attachments. */
function harnessOver(name: string, locations: Locations, settings: Settings): Harness {
  return {
    name,
    open: async (location, storeOptions) => openOver(locations.driverOf(location), storeOptions, settings),
    ...recordAccess(locations),
    async entries(location) {
      const driver = locations.driverOf(location);
      const threads = await recordIds(driver, "");
      const attachments = await recordIds(driver, RESERVED_NAME);
      await driver.close();
      // A save that is interrupted leaves what it wrote or replaced, which may be several attachments: one entry.
      return [...threads, ...new Set(attachments.map((id) => tokenOf(nameOfRecord(id))))];
    },
  };
}

function memoryHarness(settings: Settings): Harness {
  return harnessOver("memory with attachments", memoryLocations(), settings);
}

const folder = temporaryFolder();
afterAll(() => folder[Symbol.dispose]());

function sqliteHarness(settings: Settings): Harness {
  return {
    ...harnessOver("sqlite with attachments", sqliteLocations(folder.path), settings),
    childProcess: {
      module: new URL("conformance-child.test-helper.ts", import.meta.url),
      parameters: { folder: folder.path, settings },
    },
  };
}

// With these options nearly every string in the suite becomes an attachment.
const tiny = { limitBytes: 16, strings: "any" } as const;

describe("memoryStore with attachments from 17 bytes", () => {
  register(memoryHarness(tiny), { describe, it, after: afterAll });
});

describe("memoryStore with attachments", () => {
  register(memoryHarness({}), { describe, it, after: afterAll }, variantSelection({ tiers: ["core"] }));
});

describe("sqliteStore with attachments from 17 bytes", () => {
  // Memory has no processes that could be killed. The cases of the core tier do the same there.
  const selection = variantSelection({ tiers: ["concurrent", "faults", "durable", "hygiene"] });
  register(sqliteHarness(tiny), { describe, it, after: afterAll }, selection);
});
