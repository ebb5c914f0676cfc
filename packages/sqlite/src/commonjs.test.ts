import { createRequire } from "node:module";
import { runInNewContext } from "node:vm";
import Sqlite from "better-sqlite3";
import { describe, expect, test } from "vitest";
import { connectionError, driverErrorOf, openingError } from "./errors.ts";
import { sqliteStore } from "./index.ts";
import { temporaryFolder } from "./sqlite.test-helper.ts";

const RequiredSqlite = createRequire(import.meta.url)("better-sqlite3") as typeof Sqlite;

describe("a connection of the copy for `require`", () => {
  test("is used by a store, and stays open", async () => {
    using folder = temporaryFolder();
    const database = new RequiredSqlite(folder.file());
    const store = sqliteStore({ database });
    const first = await store.save("thread", { messages: [1] });
    await store.append("thread", [2]);
    expect((await store.load("thread"))?.thread).toEqual({ messages: [1, 2] });
    await expect(store.save("thread", {}, { previous: first })).rejects.toMatchObject({ code: "CONFLICT" });
    await store.close();
    expect(database.open).toBe(true);
    database.close();
  });

  test("has a code if it is locked", async () => {
    using folder = temporaryFolder();
    const database = new RequiredSqlite(folder.file(), { timeout: 0 });
    const store = sqliteStore({ database, maxRetries: 0 });
    await store.save("thread", {});
    const other = new RequiredSqlite(folder.file());
    other.exec("BEGIN IMMEDIATE");
    await expect(store.save("thread", { n: 1 }, { overwrite: true })).rejects.toMatchObject({
      code: "UNAVAILABLE",
      retryable: true,
    });
    other.close();
    await store.close();
    database.close();
  });
});

describe("an error of another copy or realm", () => {
  // The class of better-sqlite3 as another installed copy, or the realm that Jest creates, defines it.
  const foreign = (members: object): unknown => {
    return runInNewContext("Object.assign(new Error('x'), members)", { members });
  };

  test.each([
    ["SQLITE_BUSY", "UNAVAILABLE"],
    ["SQLITE_BUSY_SNAPSHOT", "UNAVAILABLE"],
    ["SQLITE_FULL", "STORAGE_FULL"],
    ["SQLITE_CORRUPT_INDEX", "CORRUPT"],
  ])("with the code %s becomes %s", (sqliteCode, code) => {
    expect(driverErrorOf(foreign({ name: "SqliteError", code: sqliteCode }), "threads.db")).toMatchObject({
      code,
    });
  });

  test("of a system call has the code of its errno", () => {
    const denied = foreign({ code: "EACCES", syscall: "open" });
    expect(openingError(denied, "threads.db")).toMatchObject({ code: "ACCESS_DENIED" });
  });

  test("for an invalid argument is not mistaken for a missing native module", () => {
    expect(connectionError(foreign({ name: "TypeError" }), "threads.db").message).not.toContain("rebuild");
    expect(connectionError(foreign({}), "threads.db").message).toContain("rebuild");
  });
});
