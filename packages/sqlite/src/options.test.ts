import { readdirSync } from "node:fs";
import Sqlite from "better-sqlite3";
import { expect, test } from "vitest";
import type { SqliteDriverOptions } from "./options.ts";
import { sqliteDriver, sqliteStore } from "./sqlite-store.ts";
import { temporaryFolder } from "./sqlite.test-helper.ts";

const database = new Sqlite(":memory:");

test.each([
  [{}, "`path`"],
  [{ path: undefined, database: undefined }, "`path`"],
  [{ path: "threads.db", database }, "`path`"],
  [{ path: "" }, "`path`"],
  [{ path: " " }, "`path`"],
  [{ path: "a\0b" }, "`path`"],
  [{ path: 1 }, "`path`"],
  [{ path: null }, "`path`"],
  [{ path: new URL("file:///threads.db") }, "`path`"],
  [{ database: null }, "`database`"],
  [{ database: "threads.db" }, "`database`"],
  [{ database: {} }, "`database`"],
  [{ path: "threads.db", synchronous: "off" }, "`synchronous`"],
  [{ path: "threads.db", secureDelete: 1 }, "`secureDelete`"],
  [{ path: "threads.db", secureDelete: null }, "`secureDelete`"],
  [{ database, secureDelete: "on" }, "`secureDelete`"],
  [{ path: "threads.db", busyTimeoutMs: -1 }, "`busyTimeoutMs`"],
  [{ path: "threads.db", busyTimeoutMs: 1.5 }, "`busyTimeoutMs`"],
  [{ path: "threads.db", busyTimeoutMs: "1" }, "`busyTimeoutMs`"],
  [{ path: "threads.db", busyTimeoutMs: 2 ** 31 }, "`busyTimeoutMs`"],
  [{ database, busyTimeoutMs: 1 }, "`busyTimeoutMs`"],
  [{ path: "threads.db", busyTimeout: 1 }, "`busyTimeout`"],
  [undefined, ""],
])("rejects %j with a TypeError that names %s", (invalid, name) => {
  for (const create of [sqliteDriver, sqliteStore]) {
    expect(() => create(invalid as unknown as SqliteDriverOptions)).toThrow(TypeError);
    expect(() => create(invalid as unknown as SqliteDriverOptions)).toThrow(name);
  }
});

test("validates the options of every store, too, without touching the disk", () => {
  using folder = temporaryFolder();
  expect(() => sqliteStore({ path: folder.file(), timeoutMs: -1 })).toThrow(TypeError);
  expect(readdirSync(folder.path)).toEqual([]);
});
