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
import { temporaryFolder } from "./backend.test-helper.ts";
import { databaseOf, openOver, type Settings, sqliteAt } from "./conformance.test-helper.ts";
import { nameOfRecord, RESERVED_NAME, tokenOf } from "./format/names.ts";

const options = { signal: new AbortController().signal };

/** Creates a harness of stores with attachments, which manipulates records through the driver. */
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
      const page = { ...ALL_BY_ID, limit: 1000 };
      const threads = await driver.list("", page, options);
      const attachments = await driver.list(RESERVED_NAME, page, options);
      await driver.close();
      // A save that is interrupted leaves what it wrote or replaced, which may be several attachments: one entry.
      const saves = new Set(attachments.records.map(({ id }) => tokenOf(nameOfRecord(id))));
      return [...threads.records.map(({ id }) => id), ...saves];
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
    ...harnessOver("memory with attachments", driverOf, settings),
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
    ...harnessOver("sqlite with attachments", driverOf, settings),
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
