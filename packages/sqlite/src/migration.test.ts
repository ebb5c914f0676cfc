import type { ThreadStore } from "@threadstore/core";
import Sqlite from "better-sqlite3";
import { expect, test } from "vitest";
import type { SqliteDatabase } from "./options.ts";
import { sqliteStore } from "./sqlite-store.ts";
import { databaseWithEncoding, ENCODINGS, temporaryFolder } from "./sqlite.test-helper.ts";

/** The tables of version 1, as released with it. */
const VERSION_1 = `
  CREATE TABLE threadstore_schema (version INTEGER NOT NULL) STRICT;
  INSERT INTO threadstore_schema VALUES (1);
  CREATE TABLE threadstore_threads (
    thread INTEGER PRIMARY KEY,
    namespace BLOB NOT NULL,
    id BLOB NOT NULL,
    version TEXT NOT NULL,
    size INTEGER NOT NULL,
    trailer BLOB NOT NULL,
    UNIQUE (namespace, id)
  ) STRICT;
  CREATE TABLE threadstore_chunks (
    thread INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    UNIQUE (thread, sequence)
  ) STRICT;
`;

/** Records that version 1 stored: namespace, id, version, number in the thread, and trailer. */
const RECORDS: readonly (readonly [string, string, string, number, string])[] = [
  [
    "",
    "a",
    "2TVBF6ORQZKNqRyW-ZtRow",
    1,
    ',"threadstore":{"format":1,"namespace":"","id":"a","nonce":"2TVBF6ORQZKNqRyW-ZtRow","createdAt":"2026-11-22T16:25:00.007Z","updatedAt":"2026-11-22T16:25:00.007Z","metadata":{"owner":"ann","title":"é"},"size":7,"crc32":"69c865af","trailerCrc32":"97c5abfc"}}',
  ],
  [
    "",
    "b",
    "kUMhSNrpT8ij8Uc-nRNoZw",
    2,
    ',"threadstore":{"format":1,"namespace":"","id":"b","nonce":"kUMhSNrpT8ij8Uc-nRNoZw","createdAt":"2026-11-22T16:25:02.007Z","updatedAt":"2026-11-22T16:25:02.007Z","metadata":{"owner":"bob"},"size":7,"crc32":"42e5366c","trailerCrc32":"ab6e069f"}}',
  ],
  [
    "",
    "c",
    "5u65tELRQE-RYyfwEJqnIQ",
    3,
    ',"threadstore":{"format":1,"namespace":"","id":"c","nonce":"5u65tELRQE-RYyfwEJqnIQ","createdAt":"2026-11-22T16:25:01.007Z","updatedAt":"2026-11-22T16:25:01.007Z","metadata":{"owner":"ann"},"size":7,"crc32":"5bfe072d","trailerCrc32":"f11f4af5"}}',
  ],
  [
    "x",
    "a",
    "PmFfGoT0Ss-MC8w2MwheoQ",
    4,
    ',"threadstore":{"format":1,"namespace":"x","id":"a","nonce":"PmFfGoT0Ss-MC8w2MwheoQ","createdAt":"2026-11-22T16:25:01.007Z","updatedAt":"2026-11-22T16:25:01.007Z","metadata":{"owner":"ann"},"size":7,"crc32":"14bf91ea","trailerCrc32":"44e881a6"}}',
  ],
];

/** Trailers that damage could leave. */
const CORRUPT_TRAILERS = ["", ',"threadstore":{}}', ',"threadstore":null}', '{"updatedAt":5}'];

function createVersion1(database: SqliteDatabase, corruptTrailers: readonly string[] = []): void {
  database.exec(VERSION_1);
  const insertThread = database.prepare(
    "INSERT INTO threadstore_threads (namespace, id, version, size, trailer) VALUES (?, ?, ?, 17, ?)",
  );
  const insertChunk = database.prepare("INSERT INTO threadstore_chunks VALUES (?, 0, ?)");
  const corrupt = corruptTrailers.map((trailer, n) => ["", `corrupt ${n}`, `v${n}`, n, trailer] as const);
  for (const [namespace, id, version, n, trailer] of [...corrupt, ...RECORDS]) {
    const columns = [Buffer.from(namespace), Buffer.from(id), version, Buffer.from(trailer)];
    const { lastInsertRowid } = insertThread.run(columns);
    insertChunk.run(lastInsertRowid, Buffer.from(`{"thread":{"n":${n}}`));
  }
}

async function idsIn(store: ThreadStore, where = {}): Promise<string[]> {
  return (await store.listPage({ order: "updated", where })).threads.map(({ id }) => id);
}

test.each(ENCODINGS)("tables of version 1 in %s are migrated with their records", async (encoding) => {
  const database = databaseWithEncoding(encoding);
  createVersion1(database);
  const store = sqliteStore({ database });
  expect(await idsIn(store)).toEqual(["b", "c", "a"]);
  expect(await idsIn(store, { owner: "ann" })).toEqual(["c", "a"]);
  expect(await idsIn(store, { title: "é" })).toEqual(["a"]);
  expect(await idsIn(store.namespace("x"), { owner: "ann" })).toEqual(["a"]);
  const stored = await store.load("a");
  expect(stored?.json).toBe('{"n":1}');
  await store.save("a", { n: 5 }, { previous: stored });
  await store.delete("c");
  expect(await idsIn(store)).toEqual(["a", "b"]);
  expect(await idsIn(store, { owner: "ann" })).toEqual(["a"]);
  expect(database.prepare("SELECT version FROM threadstore_schema").pluck().all()).toEqual([3]);
  database.close();
});

test("corrupt trailers survive the migration, and come last", async () => {
  const database = databaseWithEncoding("UTF-8");
  createVersion1(database, CORRUPT_TRAILERS);
  const store = sqliteStore({ database });
  const { threads } = await store.listPage({ order: "updated" });
  expect(threads.slice(3).map(({ id, corrupt }) => [id, corrupt])).toEqual(
    CORRUPT_TRAILERS.map((_, n) => [`corrupt ${n}`, true]),
  );
  database.close();
});

test("migrated tables have the same columns and indexes as new ones", async () => {
  const [migrated, created] = [new Sqlite(":memory:"), new Sqlite(":memory:")];
  createVersion1(migrated);
  const describe = async (database: SqliteDatabase): Promise<unknown[]> => {
    await sqliteStore({ database }).load("a");
    return database
      .prepare(
        `SELECT tables.name AS name, columns.name AS column_name, columns.type AS type, columns."notnull" AS required
         FROM sqlite_schema AS tables, pragma_table_xinfo(tables.name) AS columns
         WHERE tables.name LIKE 'threadstore%' ORDER BY 1, 2`,
      )
      .all();
  };
  expect(await describe(migrated)).toEqual(await describe(created));
});

test("of several stores that open a file of version 1 at the same time, one migrates it", async () => {
  using folder = temporaryFolder();
  const path = folder.file();
  const database = new Sqlite(path);
  createVersion1(database);
  database.close();
  const stores = Array.from({ length: 3 }, () => sqliteStore({ path }));
  expect(await Promise.all(stores.map((store) => idsIn(store)))).toEqual(
    Array.from({ length: 3 }, () => ["b", "c", "a"]),
  );
  for (const store of stores) await store.close();
});

test("a read-only connection to tables of version 1 is ACCESS_DENIED", async () => {
  using folder = temporaryFolder();
  const writer = new Sqlite(folder.file());
  createVersion1(writer);
  writer.close();
  const database = new Sqlite(folder.file(), { readonly: true });
  const store = sqliteStore({ database });
  await expect(store.load("a")).rejects.toMatchObject({ code: "ACCESS_DENIED" });
  database.close();
});
