import { DatabaseSync } from "node:sqlite";
import type { StoreOptions, ThreadStore } from "@threadstore/core";
import { createThreadStore } from "@threadstore/core/driver";
import type { Harness } from "../../../src/suite/harness.ts";
import { temporaryLocations } from "../temporary-locations.ts";
import { type SqliteBug, sqliteDriver } from "./sqlite-driver.ts";

const { pathOf, remove } = temporaryLocations("node-sqlite");

/** Levels of `PRAGMA synchronous`, indexed by SQLite's numbers for them. */
const SYNCHRONOUS_LEVELS = ["OFF", "NORMAL", "FULL", "EXTRA"];

/** Returns a harness for SQLite stores that promise FULL but open their connections with the `synchronous` level. */
export function sqliteHarness(
  name: string,
  synchronous: "OFF" | "NORMAL" | "FULL",
  bug: SqliteBug = {},
): Harness {
  const connections = new Map<string, DatabaseSync>();

  function connect(location: string): DatabaseSync {
    const database = new DatabaseSync(pathOf(location), {
      timeout: bug.holdsTransactions === true ? 0 : 5_000,
    });
    database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = ${synchronous}`);
    connections.set(location, database);
    return database;
  }

  return {
    name,
    async open(location: string, options: StoreOptions = {}): Promise<ThreadStore> {
      return createThreadStore(sqliteDriver(connect(location), bug), options);
    },
    async destroy(location) {
      remove(...["", "-wal", "-shm"].map((suffix) => pathOf(location) + suffix));
    },
    async rewrite(location, id, change) {
      const database = new DatabaseSync(pathOf(location), { timeout: 5_000 });
      const key = bug.bound?.(id) ?? Buffer.from(id);
      const row = database.prepare("SELECT bytes FROM threads WHERE id = ?").get(key);
      const bytes = change(row?.["bytes"] as Uint8Array);
      database.prepare("UPDATE threads SET bytes = ? WHERE id = ?").run(bytes, key);
      database.close();
    },
    async entries(location) {
      const database = new DatabaseSync(pathOf(location), { timeout: 5_000 });
      const rows = database.prepare("SELECT hex(namespace) AS namespace, hex(id) AS id FROM threads").all();
      database.close();
      return rows.map((row) => `${String(row["namespace"])}:${String(row["id"])}`);
    },
    durability: {
      async settings(location) {
        const row = connections.get(location)?.prepare("PRAGMA synchronous").get();
        const actual = SYNCHRONOUS_LEVELS[Number(row?.["synchronous"])] ?? "unknown";
        return [{ name: "PRAGMA synchronous", accepted: ["FULL", "EXTRA"], actual: actual }];
      },
    },
  };
}
