import { openSync, readFileSync, writeFileSync, writeSync, closeSync } from "node:fs";
import Sqlite from "better-sqlite3";
import { expect, test } from "vitest";
import { explain } from "./explain.ts";
import { sqliteDriver } from "./sqlite-store.ts";
import { failureOf, options, record, temporaryFolder, textAt } from "./tools.test-helper.ts";

const key = { namespace: "", id: "thread" };

test.each([
  ["SQLITE_BUSY", "UNAVAILABLE", "no"],
  ["SQLITE_BUSY_SNAPSHOT", "UNAVAILABLE", "no"],
  ["SQLITE_LOCKED_SHAREDCACHE", "UNAVAILABLE", "no"],
  ["SQLITE_FULL", "STORAGE_FULL", "no"],
  ["SQLITE_NOTADB", "MISCONFIGURED", "no"],
  ["SQLITE_CANTOPEN_ISDIR", "MISCONFIGURED", "no"],
  ["SQLITE_CORRUPT_INDEX", "CORRUPT", "no"],
  ["SQLITE_READONLY_DIRECTORY", "ACCESS_DENIED", "no"],
  ["SQLITE_PERM", "ACCESS_DENIED", "no"],
  ["SQLITE_AUTH_USER", "ACCESS_DENIED", "no"],
  ["SQLITE_IOERR_FSYNC", "UNAVAILABLE", "unknown"],
  ["SQLITE_TOOBIG", "TOO_LARGE", "no"],
  ["SQLITE_NOMEM", "BACKEND_ERROR", "unknown"],
  ["SQLITE_FULLNESS", "BACKEND_ERROR", "unknown"],
  ["UNKNOWN_SQLITE_ERROR_4711", "BACKEND_ERROR", "unknown"],
])("%s is %s, applied: %s", (code, meaning, applied) => {
  expect(explain(new Sqlite.SqliteError("message", code))).toMatchObject({ code: meaning, applied });
});

test("an error of another copy of better-sqlite3 is known too; others are not", () => {
  const foreign = Object.assign(new Error("locked"), { name: "SqliteError", code: "SQLITE_BUSY" });
  expect(explain(foreign)).toMatchObject({ code: "UNAVAILABLE" });
  const others = [
    new Error("SQLITE_BUSY"),
    Object.assign(new Error("x"), { code: "ENOENT" }),
    "SQLITE_BUSY",
    undefined,
  ];
  for (const other of others) expect(explain(other)).toBeUndefined();
});

test("a lock that is held is UNAVAILABLE, and reading goes on", async () => {
  using folder = temporaryFolder();
  const driver = sqliteDriver({ path: folder.file(), busyTimeoutMs: 20 });
  const stored = record("old");
  await driver.write(key, stored, undefined, options);
  const other = new Sqlite(folder.file());
  other.exec("BEGIN IMMEDIATE");
  const busy = { code: "UNAVAILABLE", applied: "no" };
  expect(await failureOf(driver, driver.write(key, record("new"), stored.nonce, options))).toMatchObject(
    busy,
  );
  expect(await failureOf(driver, driver.delete(key, stored.nonce, options))).toMatchObject(busy);
  expect(await textAt(driver, key.id)).toBe("old}");
  const newcomer = sqliteDriver({ path: folder.file(), busyTimeoutMs: 0 });
  expect(await textAt(newcomer, key.id)).toBe("old}");
  await newcomer.close();
  other.exec("COMMIT");
  other.close();
  const next = record("new");
  expect(await driver.write(key, next, stored.nonce, options)).toBe(next.nonce);
  await driver.close();
});

test("a full database is STORAGE_FULL and keeps what it had", async () => {
  using folder = temporaryFolder();
  const database = new Sqlite(folder.file());
  const driver = sqliteDriver({ database });
  const stored = record("a".repeat(30_000));
  await driver.write(key, stored, undefined, options);
  database.pragma(`max_page_count = ${String(database.pragma("page_count", { simple: true }))}`);
  const larger = record("b".repeat(300_000));
  const full = { code: "STORAGE_FULL", applied: "no" };
  expect(await failureOf(driver, driver.write(key, larger, stored.nonce, options))).toMatchObject(full);
  const found = await driver.read(key, undefined, options);
  expect(found).toEqual({ version: stored.nonce, bytes: stored.bytes });
  database.pragma("max_page_count = 1000000");
  expect(await driver.write(key, larger, stored.nonce, options)).toBe(larger.nonce);
  database.close();
});

test("a damaged file is CORRUPT and never an empty store", async () => {
  using folder = temporaryFolder();
  const driver = sqliteDriver({ path: folder.file() });
  for (let index = 0; index < 50; index++) {
    await driver.write(
      { namespace: "", id: `thread-${index}` },
      record("a".repeat(9000)),
      undefined,
      options,
    );
  }
  await driver.close();
  // Every page but the first, which holds the schema.
  const { length } = readFileSync(folder.file());
  const file = openSync(folder.file(), "r+");
  writeSync(file, Buffer.alloc(length - 4096, 0xff), 0, length - 4096, 4096);
  closeSync(file);
  const again = sqliteDriver({ path: folder.file() });
  const corrupt = { code: "CORRUPT", applied: "no" };
  const thread = { namespace: "", id: "thread-7" };
  expect(await failureOf(again, again.read(thread, undefined, options))).toMatchObject(corrupt);
  expect(await failureOf(again, again.write(thread, record("x"), undefined, options))).toMatchObject(corrupt);
  expect(await failureOf(again, again.list("", { after: undefined, limit: 5 }, options))).toMatchObject(
    corrupt,
  );
  await again.close();
});

test("a file cut short is CORRUPT", async () => {
  using folder = temporaryFolder();
  const driver = sqliteDriver({ path: folder.file() });
  await driver.write(key, record("a".repeat(100_000)), undefined, options);
  await driver.close();
  writeFileSync(folder.file(), readFileSync(folder.file()).subarray(0, 50_000));
  const again = sqliteDriver({ path: folder.file() });
  expect(await failureOf(again, again.read(key, undefined, options))).toMatchObject({ code: "CORRUPT" });
  await again.close();
});
