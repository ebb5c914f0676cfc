import { rmSync } from "node:fs";
import { type Harness, register } from "@threadstore/conformance";
import Sqlite from "better-sqlite3";
import { afterAll, describe, it, vi } from "vitest";
import { chunkSize } from "./records.ts";
import { sqliteStore } from "./sqlite-store.ts";
import { temporaryFolder } from "./tools.test-helper.ts";

/** Of `PRAGMA synchronous`, by number. */
const levels = ["OFF", "NORMAL", "FULL", "EXTRA"];

const folder = temporaryFolder();
afterAll(() => folder[Symbol.dispose]());

/** Runs `work` on a connection of its own to a place's file. */
function within<T>(place: string, work: (database: Sqlite.Database) => T): T {
  const database = new Sqlite(folder.file(place), { fileMustExist: true });
  try {
    return work(database);
  } finally {
    database.close();
  }
}

const harness: Harness = {
  name: "sqlite",

  async open(place, options) {
    return sqliteStore({ ...options, path: folder.file(place) });
  },

  async destroy(place) {
    for (const suffix of ["", "-wal", "-shm"]) rmSync(folder.file(place) + suffix, { force: true });
  },

  async rewrite(place, id, change) {
    within(place, (database) => {
      const found = database
        .prepare<[Buffer, Buffer], { thread: number; trailer: Buffer }>(
          "SELECT thread, trailer FROM threadstore_threads WHERE namespace = ? AND id = ?",
        )
        .get(Buffer.alloc(0), Buffer.from(id));
      if (found === undefined) throw new Error("No such record.");
      const { thread, trailer } = found;
      const chunks = database
        .prepare<[number], Buffer>("SELECT bytes FROM threadstore_chunks WHERE thread = ? ORDER BY sequence")
        .pluck()
        .all(thread);
      const bytes = change(Buffer.concat([...chunks, trailer]));
      const size = Math.max(0, bytes.length - trailer.length);
      database.prepare("DELETE FROM threadstore_chunks WHERE thread = ?").run(thread);
      const insert = database.prepare("INSERT INTO threadstore_chunks VALUES (?, ?, ?)");
      for (let start = 0; start < size; start += chunkSize) {
        insert.run(thread, start / chunkSize, bytes.subarray(start, Math.min(start + chunkSize, size)));
      }
      database
        .prepare("UPDATE threadstore_threads SET size = ?, trailer = ? WHERE thread = ?")
        .run(size, bytes.subarray(size), thread);
    });
  },

  async entries(place) {
    return within(place, (database) => {
      const threads = database
        .prepare("SELECT 'thread ' || hex(namespace) || ' ' || hex(id) FROM threadstore_threads")
        .pluck()
        .all();
      const chunks = database
        .prepare("SELECT 'chunk ' || thread || ' ' || sequence FROM threadstore_chunks")
        .pluck()
        .all();
      return [...threads, ...chunks].map(String);
    });
  },

  missing: async () => sqliteStore({ path: folder.file("no-folder/threads.db") }),

  peer: { module: new URL("./conformance-child.test-helper.ts", import.meta.url), parameters: folder.path },

  durability: {
    async settings(place) {
      const prepare = vi.spyOn(Sqlite.prototype, "prepare");
      const store = sqliteStore({ path: folder.file(place) });
      await store.load("any");
      // The setting is one of the connection, so that a look from another would not tell.
      const own = prepare.mock.contexts.at(-1) as Sqlite.Database;
      prepare.mockRestore();
      const level = Number(own.pragma("synchronous", { simple: true }));
      const mode = String(own.pragma("journal_mode", { simple: true }));
      await store.close();
      return [
        { name: "PRAGMA journal_mode", promised: ["wal"], found: mode },
        { name: "PRAGMA synchronous", promised: ["FULL", "EXTRA"], found: levels[level] ?? String(level) },
      ];
    },
  },
};

describe("sqliteStore", () => {
  register(harness, { describe, it, after: afterAll });
});
