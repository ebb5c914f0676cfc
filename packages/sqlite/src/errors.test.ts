import { openSync, readFileSync, writeFileSync, writeSync, closeSync } from "node:fs";
import { ALL_BY_ID, createThreadStore } from "@threadstore/core/driver";
import Sqlite from "better-sqlite3";
import { expect, test } from "vitest";
import { driverErrorOf } from "./errors.ts";
import {
  driverErrorFrom,
  openDriver,
  options,
  record,
  temporaryFolder,
  textOf,
} from "./sqlite.test-helper.ts";

const KEY = { namespace: "", id: "thread" };

test.each([
  ["SQLITE_BUSY", "UNAVAILABLE", "none"],
  ["SQLITE_BUSY_SNAPSHOT", "UNAVAILABLE", "none"],
  ["SQLITE_LOCKED_SHAREDCACHE", "UNAVAILABLE", "none"],
  ["SQLITE_FULL", "STORAGE_FULL", "none"],
  ["SQLITE_NOTADB", "MISCONFIGURED", "none"],
  ["SQLITE_CANTOPEN_ISDIR", "MISCONFIGURED", "none"],
  ["SQLITE_CORRUPT_INDEX", "CORRUPT", "none"],
  ["SQLITE_READONLY_DIRECTORY", "ACCESS_DENIED", "none"],
  ["SQLITE_PERM", "ACCESS_DENIED", "none"],
  ["SQLITE_AUTH_USER", "ACCESS_DENIED", "none"],
  ["SQLITE_IOERR_FSYNC", "UNAVAILABLE", "unknown"],
  ["SQLITE_TOOBIG", "TOO_LARGE", "none"],
  ["SQLITE_NOMEM", "BACKEND_ERROR", "unknown"],
  ["SQLITE_FULLNESS", "BACKEND_ERROR", "unknown"],
  ["UNKNOWN_SQLITE_ERROR_4711", "BACKEND_ERROR", "unknown"],
])("%s is %s with effect %s", (sqliteCode, code, effect) => {
  const cause = new Sqlite.SqliteError("message", sqliteCode);
  expect(driverErrorOf(cause, "")).toMatchObject({ code, effect, cause });
});

test("an error of another copy of better-sqlite3 is recognized; other errors are not", () => {
  const foreign = Object.assign(new Error("locked"), { name: "SqliteError", code: "SQLITE_BUSY" });
  expect(driverErrorOf(foreign, "")).toMatchObject({ code: "UNAVAILABLE" });
  const others = [
    new Error("SQLITE_BUSY"),
    Object.assign(new Error("x"), { code: "ENOENT" }),
    "SQLITE_BUSY",
    undefined,
  ];
  for (const other of others) expect(driverErrorOf(other, "")).toBeUndefined();
});

test("a write throws UNAVAILABLE while another connection holds the lock, and reads still work", async () => {
  using folder = temporaryFolder();
  const driver = openDriver({ path: folder.file(), busyTimeoutMs: 20 });
  const stored = record("old");
  await driver.write(KEY, stored, undefined, options);
  const other = new Sqlite(folder.file());
  other.exec("BEGIN IMMEDIATE");
  const busy = { code: "UNAVAILABLE", effect: "none" };
  expect(await driverErrorFrom(driver.write(KEY, record("new"), stored.nonce, options))).toMatchObject(busy);
  expect(await driverErrorFrom(driver.delete(KEY, stored.nonce, options))).toMatchObject(busy);
  expect(await textOf(driver, KEY.id)).toBe("old}");
  const secondDriver = openDriver({ path: folder.file(), busyTimeoutMs: 0 });
  expect(await textOf(secondDriver, KEY.id)).toBe("old}");
  await secondDriver.close();
  other.exec("COMMIT");
  other.close();
  const next = record("new");
  expect(await driver.write(KEY, next, stored.nonce, options)).toBe(next.nonce);
  await driver.close();
});

test("a full database throws STORAGE_FULL and keeps the stored record", async () => {
  using folder = temporaryFolder();
  const database = new Sqlite(folder.file());
  const driver = openDriver({ database });
  const stored = record("a".repeat(30_000));
  await driver.write(KEY, stored, undefined, options);
  database.pragma(`max_page_count = ${String(database.pragma("page_count", { simple: true }))}`);
  const larger = record("b".repeat(300_000));
  const full = { code: "STORAGE_FULL", effect: "none" };
  expect(await driverErrorFrom(driver.write(KEY, larger, stored.nonce, options))).toMatchObject(full);
  const storedRecord = await driver.read(KEY, undefined, options);
  expect(storedRecord).toEqual({ version: stored.nonce, bytes: stored.bytes, nonce: stored.nonce });
  database.pragma("max_page_count = 1000000");
  expect(await driver.write(KEY, larger, stored.nonce, options)).toBe(larger.nonce);
  database.close();
});

test("a corrupt file throws CORRUPT and never looks like an empty store", async () => {
  using folder = temporaryFolder();
  const driver = openDriver({ path: folder.file() });
  for (let index = 0; index < 50; index++) {
    await driver.write(
      { namespace: "", id: `thread-${index}` },
      record("a".repeat(9000)),
      undefined,
      options,
    );
  }
  await driver.close();
  // All pages except the first one, which holds the schema.
  const { length } = readFileSync(folder.file());
  const file = openSync(folder.file(), "r+");
  writeSync(file, Buffer.alloc(length - 4096, 0xff), 0, length - 4096, 4096);
  closeSync(file);
  const reopened = openDriver({ path: folder.file() });
  const corrupt = { code: "CORRUPT", effect: "none" };
  const thread = { namespace: "", id: "thread-7" };
  expect(await driverErrorFrom(reopened.read(thread, undefined, options))).toMatchObject(corrupt);
  expect(await driverErrorFrom(reopened.write(thread, record("x"), undefined, options))).toMatchObject(
    corrupt,
  );
  expect(await driverErrorFrom(reopened.list("", { ...ALL_BY_ID, limit: 5 }, options))).toMatchObject(
    corrupt,
  );
  await reopened.close();
});

test("a truncated file throws CORRUPT", async () => {
  using folder = temporaryFolder();
  const driver = openDriver({ path: folder.file() });
  await driver.write(KEY, record("a".repeat(100_000)), undefined, options);
  await driver.close();
  writeFileSync(folder.file(), readFileSync(folder.file()).subarray(0, 50_000));
  const reopened = openDriver({ path: folder.file() });
  expect(await driverErrorFrom(reopened.read(KEY, undefined, options))).toMatchObject({ code: "CORRUPT" });
  await reopened.close();
});

test("a save waits for a lock that is released in time", async () => {
  using folder = temporaryFolder();
  const driver = openDriver({ path: folder.file(), busyTimeoutMs: 0 });
  const locked = Promise.withResolvers<void>();
  const store = createThreadStore({
    ...driver,
    write: (...call) =>
      driver.write(...call).catch((error: unknown) => {
        locked.resolve();
        throw error;
      }),
  });
  await store.save("thread", { n: 1 }, { overwrite: true });
  const other = new Sqlite(folder.file());
  other.exec("BEGIN IMMEDIATE");
  const saving = store.save("thread", { n: 2 }, { overwrite: true });
  await locked.promise;
  other.exec("COMMIT");
  other.close();
  expect((await saving).thread).toEqual({ n: 2 });
  await store.close();
});
