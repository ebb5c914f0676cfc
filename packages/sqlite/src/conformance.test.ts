import { rmSync } from "node:fs";
import { type Harness, register } from "@threadstore/conformance";
import { createThreadStore } from "@threadstore/core/driver";
import Sqlite from "better-sqlite3";
import { afterAll, describe, it, vi } from "vitest";
import { createDriver } from "./driver.ts";
import { resolveOptions } from "./options.ts";
import { CHUNK_BYTES } from "./schema.ts";
import { sqliteStore } from "./sqlite-store.ts";
import { temporaryFolder } from "./sqlite.test-helper.ts";

/** The values of `PRAGMA synchronous`, by number. */
const SYNCHRONOUS_LEVELS = ["OFF", "NORMAL", "FULL", "EXTRA"];

const folder = temporaryFolder();
afterAll(() => folder[Symbol.dispose]());

/** Runs `work` on a separate connection to a fixture's file. */
function withConnection<T>(fixture: string, work: (database: Sqlite.Database) => T): T {
  const database = new Sqlite(folder.file(fixture), { fileMustExist: true });
  try {
    return work(database);
  } finally {
    database.close();
  }
}

const harness: Harness = {
  name: "sqlite",

  async open(fixture, options) {
    return sqliteStore({ ...options, path: folder.file(fixture) });
  },

  async destroy(fixture) {
    for (const suffix of ["", "-wal", "-shm"]) rmSync(folder.file(fixture) + suffix, { force: true });
  },

  async rewrite(fixture, id, change) {
    withConnection(fixture, (database) => {
      const row = database
        .prepare<[Buffer, Buffer], { thread: number; trailer: Buffer }>(
          "SELECT thread, trailer FROM threadstore_threads WHERE namespace = ? AND id = ?",
        )
        .get(Buffer.alloc(0), Buffer.from(id));
      if (row === undefined) throw new Error("No such record.");
      const { thread, trailer } = row;
      const chunks = database
        .prepare<[number], Buffer>("SELECT bytes FROM threadstore_chunks WHERE thread = ? ORDER BY sequence")
        .pluck()
        .all(thread);
      const bytes = change(Buffer.concat([...chunks, trailer]));
      // Also the end of the content, if the row had it, because the trailer may have it.
      const size = Math.max(0, bytes.length - trailer.length);
      database.prepare("DELETE FROM threadstore_chunks WHERE thread = ?").run(thread);
      const insert = database.prepare("INSERT INTO threadstore_chunks VALUES (?, ?, ?)");
      for (let start = 0; start < size; start += CHUNK_BYTES) {
        const chunk = bytes.subarray(start, Math.min(start + CHUNK_BYTES, size));
        insert.run(thread, start / CHUNK_BYTES, chunk);
      }
      database
        .prepare("UPDATE threadstore_threads SET size = ?, trailer = ? WHERE thread = ?")
        .run(size, bytes.subarray(size), thread);
    });
  },

  async entries(fixture) {
    return withConnection(fixture, (database) => {
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

  childProcess: {
    module: new URL("./conformance-child.test-helper.ts", import.meta.url),
    parameters: folder.path,
  },

  durability: {
    async settings(fixture) {
      const prepare = vi.spyOn(Sqlite.prototype, "prepare");
      const store = sqliteStore({ path: folder.file(fixture) });
      await store.load("any");
      // The setting belongs to the store's connection, so another connection would not show it.
      const connection = prepare.mock.contexts.at(-1) as Sqlite.Database;
      prepare.mockRestore();
      const level = Number(connection.pragma("synchronous", { simple: true }));
      const mode = String(connection.pragma("journal_mode", { simple: true }));
      await store.close();
      return [
        { name: "PRAGMA journal_mode", accepted: ["wal"], actual: mode },
        {
          name: "PRAGMA synchronous",
          accepted: ["FULL", "EXTRA"],
          actual: SYNCHRONOUS_LEVELS[level] ?? String(level),
        },
      ];
    },
  },
};

describe("sqliteStore", () => {
  register(harness, { describe, it, after: afterAll });
});

// Every save is staged, and every load is in slices of one chunk. Threads of that size are rare in the suite.
describe.skipIf(process.env["THREADSTORE_CONFORMANCE_EFFORT"] === "quick")("with large threads", () => {
  const open: Harness["open"] = async (fixture, options) => {
    const resolved = resolveOptions({ path: folder.file(fixture) });
    return createThreadStore(createDriver(resolved, { minBytes: 1, sliceChunks: 1 }), options);
  };
  register({ ...harness, name: "sqlite-large-threads", open }, { describe, it, after: afterAll });
});

// Its child processes do not have the option, as while a new version of an application is deployed.
describe.skipIf(process.env["THREADSTORE_CONFORMANCE_EFFORT"] === "quick")("with `secureDelete`", () => {
  const open: Harness["open"] = async (fixture, options) =>
    sqliteStore({ ...options, path: folder.file(fixture), secureDelete: true });
  register({ ...harness, name: "sqlite-secure-delete", open }, { describe, it, after: afterAll });
});
