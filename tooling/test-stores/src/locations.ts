import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  ALL_BY_ID,
  memoryDriver,
  type MemoryRecords,
  type ThreadDriver,
  TRAILER_MAX_BYTES,
} from "@threadstore/core/driver";
import { sqliteDriver } from "@threadstore/sqlite";

/** The locations of a suite, for the tests of layers: each is a driver, over which a test opens its layer. */
export interface Locations {
  /** Opens a driver of a location. Several drivers can be open at a time. */
  readonly driverOf: (location: string) => ThreadDriver;
  readonly destroy: (location: string) => Promise<void>;
}

/** The members that a harness needs besides `open`, for a layer that stores each thread as one record. */
export interface RecordAccess {
  rewrite(location: string, id: string, change: (record: Uint8Array) => Uint8Array): Promise<void>;
  /** Lists the ids of all records. */
  entries(location: string): Promise<string[]>;
  destroy(location: string): Promise<void>;
}

export function memoryLocations(): Locations {
  const locations = new Map<string, MemoryRecords>();
  return {
    driverOf(location) {
      const records: MemoryRecords = locations.get(location) ?? new Map();
      locations.set(location, records);
      return memoryDriver({ records });
    },
    destroy: async (location) => void locations.delete(location),
  };
}

/** Returns locations that are databases in a folder. */
export function sqliteLocations(folder: string): Locations {
  return {
    driverOf: (location) => sqliteAt(folder, location),
    async destroy(location) {
      const path = databaseOf(folder, location);
      for (const suffix of ["", "-wal", "-shm"]) rmSync(path + suffix, { force: true });
    },
  };
}

/** Opens a database without syncing. Durability across power failures is tested in @threadstore/sqlite. */
export function sqliteAt(folder: string, location: string): ThreadDriver {
  return sqliteDriver({ path: databaseOf(folder, location), synchronous: "normal" });
}

function databaseOf(folder: string, location: string): string {
  return join(folder, `${location}.db`);
}

const options = { signal: new AbortController().signal };

/** Manipulates records through the drivers. */
export function recordAccess({ driverOf, destroy }: Locations): RecordAccess {
  return {
    destroy,
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
      const ids = await recordIds(driver, "");
      await driver.close();
      return ids;
    },
  };
}

/** Lists the ids of the first 1000 records of a namespace. */
export async function recordIds(driver: ThreadDriver, namespace: string): Promise<string[]> {
  const { records } = await driver.list(namespace, { ...ALL_BY_ID, limit: 1000 }, options);
  return records.map(({ id }) => id);
}

/** Creates a folder that `using` deletes. */
export function temporaryFolder(): { readonly path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), "threadstore-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}
