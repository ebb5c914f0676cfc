import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
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
import { databaseOf, openOver, type Settings, sqliteAt } from "./conformance.test-helper.ts";

const options = { signal: new AbortController().signal };

/** Creates a harness of stores with history, which manipulates records through the driver. */
function harnessOver(
  name: string,
  driverOf: (location: string) => ThreadDriver,
  keep: Settings,
): Omit<Harness, "destroy"> {
  return {
    name,
    open: async (location, storeOptions) => openOver(driverOf(location), storeOptions, keep),
    history: {
      open: async (location, { versions, ageMs }, storeOptions) =>
        openOver(driverOf(location), storeOptions, { ...keep, versions, ageMs }),
    },
    async rewrite(location, id, change) {
      const driver = driverOf(location);
      const key = { namespace: "", id };
      const stored = await driver.read(key, undefined, options);
      if (stored === undefined) throw new Error("The record does not exist.");
      const bytes = change(Uint8Array.from(stored.bytes ?? []));
      // The versions of both drivers are nonces. Another one would make the record that of another version.
      const record = {
        bytes,
        unchanged: 0,
        trailerLength: Math.min(bytes.length, TRAILER_MAX_BYTES),
        nonce: stored.version,
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

function memoryHarness(name: string, keep: Settings): Harness {
  const locations = new Map<string, MemoryRecords>();
  const driverOf = (location: string): ThreadDriver => {
    const records: MemoryRecords = locations.get(location) ?? new Map();
    locations.set(location, records);
    return memoryDriver({ records });
  };
  return {
    ...harnessOver(name, driverOf, keep),
    async destroy(location) {
      locations.delete(location);
    },
  };
}

const folder = mkdtempSync(join(tmpdir(), "threadstore-history-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function sqliteHarness(keep: Settings): Harness {
  const driverOf = (location: string): ThreadDriver => sqliteAt(folder, location);
  return {
    ...harnessOver("sqlite with history", driverOf, keep),
    async destroy(location) {
      const path = databaseOf(folder, location);
      for (const suffix of ["", "-wal", "-shm"]) rmSync(path + suffix, { force: true });
    },
    childProcess: {
      module: new URL("conformance-child.test-helper.ts", import.meta.url),
      parameters: { folder, keep },
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
