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

/** Creates a harness of compressed stores, which manipulates records through the driver. */
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
      const record = {
        bytes,
        unchanged: 0,
        trailerLength: Math.min(bytes.length, TRAILER_MAX_BYTES),
        // The versions of both drivers are nonces. Another one would make the record that of another version.
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

function memoryHarness(settings: Settings): Harness {
  const locations = new Map<string, MemoryRecords>();
  const driverOf = (location: string): ThreadDriver => {
    const records: MemoryRecords = locations.get(location) ?? new Map();
    locations.set(location, records);
    return memoryDriver({ records });
  };
  return {
    ...harnessOver("memory with compression", driverOf, settings),
    async destroy(location) {
      locations.delete(location);
    },
  };
}

const folder = mkdtempSync(join(tmpdir(), "threadstore-compression-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function sqliteHarness(settings: Settings): Harness {
  return {
    ...harnessOver("sqlite with compression", (location) => sqliteAt(folder, location), settings),
    async destroy(location) {
      const path = databaseOf(folder, location);
      for (const suffix of ["", "-wal", "-shm"]) rmSync(path + suffix, { force: true });
    },
    childProcess: {
      module: new URL("conformance-child.test-helper.ts", import.meta.url),
      parameters: { folder, settings },
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
