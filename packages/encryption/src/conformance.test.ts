import { rmSync } from "node:fs";
import { type Harness, register } from "@threadstore/conformance";
import {
  ALL_BY_ID,
  memoryDriver,
  type MemoryRecords,
  type ThreadDriver,
  TRAILER_MAX_BYTES,
} from "@threadstore/core/driver";
import { variantSelection } from "@threadstore/services/variant-selection";
import { afterAll, describe, it } from "vitest";
import { databaseOf, openOver, type Settings, sqliteAt, temporaryFolder } from "./conformance.test-helper.ts";

const options = { signal: new AbortController().signal };

/** Creates a harness of encrypted stores, which manipulates records through the driver. */
function harnessOver(
  name: string,
  driverOf: (location: string) => ThreadDriver,
  settings: Settings,
): Omit<Harness, "destroy"> {
  return {
    name,
    open: async (location, storeOptions) => openOver(driverOf(location), storeOptions, settings),
    async rewrite(location, id, change) {
      const driver = driverOf(location);
      const key = { namespace: "", id };
      const stored = await driver.read(key, undefined, options);
      if (stored === undefined) throw new Error("The record does not exist.");
      const bytes = change(Uint8Array.from(stored.bytes ?? []));
      const trailerLength = Math.min(bytes.length, TRAILER_MAX_BYTES);
      // The versions of both drivers are nonces. Another one would make the record that of another version.
      const nonce = stored.version;
      const record = {
        bytes,
        unchanged: 0,
        trailerLength,
        nonce,
        expiresAt: undefined,
        updatedAt: 0,
        changedMetadata: {},
      };
      await driver.write(key, record, stored.version, options);
      await driver.close();
    },
    async entries(location) {
      const driver = driverOf(location);
      const { records } = await driver.list("", { ...ALL_BY_ID, limit: 1000 }, options);
      await driver.close();
      return records.map(({ id }) => id);
    },
  };
}

function memoryHarness(settings: Settings): Harness {
  const locations = new Map<string, MemoryRecords>();
  const driverOf = (location: string): ThreadDriver => {
    const records: MemoryRecords = locations.get(location) ?? new Map();
    locations.set(location, records);
    return memoryDriver({ records });
  };
  return {
    ...harnessOver("memory with encryption", driverOf, settings),
    async destroy(location) {
      locations.delete(location);
    },
  };
}

const folder = temporaryFolder();
afterAll(() => folder[Symbol.dispose]());

function sqliteHarness(settings: Settings): Harness {
  const driverOf = (location: string): ThreadDriver => sqliteAt(folder.path, location);
  return {
    ...harnessOver("sqlite with encryption", driverOf, settings),
    async destroy(location) {
      const path = databaseOf(folder.path, location);
      for (const suffix of ["", "-wal", "-shm"]) rmSync(path + suffix, { force: true });
    },
    childProcess: {
      module: new URL("conformance-child.test-helper.ts", import.meta.url),
      parameters: { folder: folder.path, settings },
    },
  };
}

describe("memoryStore with encryption", () => {
  register(memoryHarness({}), { describe, it, after: afterAll });
});

// Limits of sealed metadata, which the README names.
const knownFailures = [
  ["L6-4", "Sealed metadata is filtered after a page was read, so a cursor belongs to no filter."],
  ["L7-4", "As in L6-4."],
  ["M1-7", "Sealed metadata takes a quarter more space, so its limit is lower."],
  ["M1-8", "As in M1-7."],
].map(([id = "", reason = ""]) => ({ case: id, reason, until: "2099-12-31" }));

describe("memoryStore with encryption and sealed metadata", () => {
  const harness = { ...memoryHarness({ metadata: "sealed" }), knownFailures };
  register(harness, { describe, it, after: afterAll }, variantSelection({ tiers: ["core", "concurrent"] }));
});

describe("sqliteStore with encryption", () => {
  // Memory has no processes that could be killed. The cases of the core tier do the same there.
  const selection = variantSelection({ tiers: ["concurrent", "faults", "durable", "hygiene"] });
  register(sqliteHarness({}), { describe, it, after: afterAll }, selection);
});
