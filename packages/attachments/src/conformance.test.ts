import { type Harness, register } from "@threadstore/conformance";
import { variantSelection } from "@threadstore/services/variant-selection";
import { memoryHarness, sqliteHarness } from "@threadstore/test-stores/layer-harness";
import {
  type Locations,
  memoryLocations,
  recordIds,
  sqliteLocations,
  temporaryFolder,
} from "@threadstore/test-stores/locations";
import { afterAll, describe, it } from "vitest";
import { openOver, type Settings } from "./conformance.test-helper.ts";
import { nameOfRecord, RESERVED_NAME, tokenOf } from "./format/names.ts";

const layer = {
  name: "attachments",
  openOver,
  child: new URL("conformance-child.test-helper.ts", import.meta.url),
};

function memoryStores(settings: Settings): Harness {
  const locations = memoryLocations();
  return { ...memoryHarness(layer, settings, locations), entries: entriesOf(locations) };
}

/** Counts what a save that is interrupted leaves, which may be several attachments, as one entry. */
function entriesOf(locations: Locations): NonNullable<Harness["entries"]> {
  return async (location) => {
    const driver = locations.driverOf(location);
    const threads = await recordIds(driver, "");
    const attachments = await recordIds(driver, RESERVED_NAME);
    await driver.close();
    return [...threads, ...new Set(attachments.map((id) => tokenOf(nameOfRecord(id))))];
  };
}

const folder = temporaryFolder();
afterAll(() => folder[Symbol.dispose]());

function sqliteStores(settings: Settings): Harness {
  const entries = entriesOf(sqliteLocations(folder.path));
  return { ...sqliteHarness(layer, settings, folder.path), entries };
}

// With these options nearly every string in the suite becomes an attachment.
const tiny = { limitBytes: 16, strings: "any" } as const;

describe("memoryStore with attachments from 17 bytes", () => {
  register(memoryStores(tiny), { describe, it, after: afterAll });
});

describe("memoryStore with attachments", () => {
  register(memoryStores({}), { describe, it, after: afterAll }, variantSelection({ tiers: ["core"] }));
});

describe("sqliteStore with attachments from 17 bytes", () => {
  // Memory has no processes that could be killed. The cases of the core tier do the same there.
  const selection = variantSelection({ tiers: ["concurrent", "faults", "durable", "hygiene"] });
  register(sqliteStores(tiny), { describe, it, after: afterAll }, selection);
});
