import { DatabaseSync } from "node:sqlite";
import type { StoreOptions, ThreadStore } from "@threadstore/core";
import { createThreadStore } from "@threadstore/core/driver";
import type { Harness } from "../../../src/suite/harness.ts";
import { temporaryPlaces } from "../temporary-locations.ts";
import { type SqliteBug, sqliteDriver } from "./sqlite-driver.ts";

const { pathOf, remove } = temporaryPlaces("node-sqlite");

/** SQLite's numbers for `PRAGMA synchronous`. */
const levels = ["OFF", "NORMAL", "FULL", "EXTRA"];

/** A harness of stores in SQLite, which promise FULL and open their connections with another level, perhaps. */
export function sqliteHarness(
  name: string,
  synchronous: "OFF" | "NORMAL" | "FULL",
  bug: SqliteBug = {},
): Harness {
  const connections = new Map<string, DatabaseSync>();

  function connect(place: string): DatabaseSync {
    const database = new DatabaseSync(pathOf(place), {
      timeout: bug.holdsTransactions === true ? 0 : 5_000,
    });
    database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = ${synchronous}`);
    connections.set(place, database);
    return database;
  }

  return {
    name,
    async open(place: string, options: StoreOptions = {}): Promise<ThreadStore> {
      return createThreadStore(sqliteDriver(connect(place), bug), options);
    },
    async destroy(place) {
      remove(...["", "-wal", "-shm"].map((suffix) => pathOf(place) + suffix));
    },
    async rewrite(place, id, change) {
      const database = new DatabaseSync(pathOf(place), { timeout: 5_000 });
      const key = bug.bound?.(id) ?? Buffer.from(id);
      const row = database.prepare("SELECT bytes FROM threads WHERE id = ?").get(key);
      const bytes = change(row?.["bytes"] as Uint8Array);
      database.prepare("UPDATE threads SET bytes = ? WHERE id = ?").run(bytes, key);
      database.close();
    },
    async entries(place) {
      const database = new DatabaseSync(pathOf(place), { timeout: 5_000 });
      const rows = database.prepare("SELECT hex(namespace) AS namespace, hex(id) AS id FROM threads").all();
      database.close();
      return rows.map((row) => `${String(row["namespace"])}:${String(row["id"])}`);
    },
    durability: {
      async settings(place) {
        const row = connections.get(place)?.prepare("PRAGMA synchronous").get();
        const found = levels[Number(row?.["synchronous"])] ?? "unknown";
        return [{ name: "PRAGMA synchronous", promised: ["FULL", "EXTRA"], found }];
      },
    },
  };
}
