import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Sqlite from "better-sqlite3";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { SqliteDriverOptions } from "./database.ts";
import { sqliteDriver, sqliteStore } from "./sqlite-store.ts";
import { failureOf, options, record, temporaryFolder, textAt } from "./tools.test-helper.ts";

const key = { namespace: "", id: "thread" };

afterEach(() => vi.restoreAllMocks());

/** The connections that a driver opens. */
function spyOnConnections(): () => Sqlite.Database[] {
  const prepare = vi.spyOn(Sqlite.prototype, "prepare");
  return () => [...new Set(prepare.mock.contexts)].filter((context) => context instanceof Sqlite);
}

describe("options", () => {
  const database = new Sqlite(":memory:");
  test.each([
    [{}],
    [{ path: undefined, database: undefined }],
    [{ path: "threads.db", database }],
    [{ path: "" }],
    [{ path: " " }],
    [{ path: "a\0b" }],
    [{ path: 1 }],
    [{ path: null }],
    [{ path: new URL("file:///threads.db") }],
    [{ database: null }],
    [{ database: "threads.db" }],
    [{ database: {} }],
    [{ path: "threads.db", synchronous: "off" }],
    [{ path: "threads.db", busyTimeoutMs: -1 }],
    [{ path: "threads.db", busyTimeoutMs: 1.5 }],
    [{ path: "threads.db", busyTimeoutMs: "1" }],
    [{ path: "threads.db", busyTimeoutMs: 2 ** 31 }],
    [{ database, busyTimeoutMs: 1 }],
    [undefined],
  ])("%j is a TypeError", (wrong) => {
    expect(() => sqliteDriver(wrong as unknown as SqliteDriverOptions)).toThrow(TypeError);
    expect(() => sqliteStore(wrong as unknown as SqliteDriverOptions)).toThrow(TypeError);
  });

  test("a store has those of the core too", () => {
    using folder = temporaryFolder();
    expect(() => sqliteStore({ path: folder.file(), timeoutMs: -1 })).toThrow(TypeError);
    expect(readdirSync(folder.path)).toEqual([]);
  });
});

describe("a file", () => {
  test("is opened by the first call, and complete and alone after closing", async () => {
    using folder = temporaryFolder();
    const driver = sqliteDriver({ path: folder.file() });
    expect(readdirSync(folder.path)).toEqual([]);
    await driver.write(key, record("x"), undefined, options);
    expect(readdirSync(folder.path).toSorted()).toEqual(["threads.db", "threads.db-shm", "threads.db-wal"]);
    await driver.close();
    expect(readdirSync(folder.path)).toEqual(["threads.db"]);

    const again = sqliteDriver({ path: folder.file() });
    expect(await textAt(again, key.id)).toBe("x}");
    await again.close();
  });

  test("needs no closing when it was never opened", async () => {
    using folder = temporaryFolder();
    await sqliteDriver({ path: folder.file() }).close();
    expect(readdirSync(folder.path)).toEqual([]);
  });

  test("stays the same when the working directory changes", async () => {
    using folder = temporaryFolder();
    const before = process.cwd();
    process.chdir(folder.path);
    const driver = sqliteDriver({ path: "threads.db" });
    process.chdir(before);
    await driver.write(key, record("x"), undefined, options);
    await driver.close();
    expect(readdirSync(folder.path)).toEqual(["threads.db"]);
  });

  test("is in WAL mode, and each commit is synced, by default", async () => {
    using folder = temporaryFolder();
    const connections = spyOnConnections();
    const driver = sqliteDriver({ path: folder.file() });
    await driver.read(key, undefined, options);
    const [connection, ...others] = connections();
    expect(others).toEqual([]);
    expect(connection?.pragma("journal_mode", { simple: true })).toBe("wal");
    // FULL is 2, EXTRA is 3.
    expect(connection?.pragma("synchronous", { simple: true })).toBeGreaterThanOrEqual(2);
    expect(connection?.pragma("fullfsync", { simple: true })).toBe(1);
    expect(connection?.pragma("busy_timeout", { simple: true })).toBe(1000);
    await driver.close();
  });

  test("is synced by the operating system for `normal`", async () => {
    using folder = temporaryFolder();
    const connections = spyOnConnections();
    const driver = sqliteDriver({ path: folder.file(), synchronous: "normal", busyTimeoutMs: 7 });
    await driver.read(key, undefined, options);
    const [connection] = connections();
    expect(connection?.pragma("journal_mode", { simple: true })).toBe("wal");
    expect(connection?.pragma("synchronous", { simple: true })).toBe(1);
    expect(connection?.pragma("busy_timeout", { simple: true })).toBe(7);
    await driver.close();
  });

  test("in a folder that is made later is opened then", async () => {
    using folder = temporaryFolder();
    const driver = sqliteDriver({ path: join(folder.path, "later", "threads.db") });
    const failure = await failureOf(driver, driver.read(key, undefined, options));
    expect(failure).toMatchObject({ code: "MISCONFIGURED", applied: "no" });
    expect(failure.message).toContain("folder");
    mkdirSync(join(folder.path, "later"));
    expect(await driver.read(key, undefined, options)).toBeUndefined();
    await driver.close();
  });

  test("that is a folder is MISCONFIGURED", async () => {
    using folder = temporaryFolder();
    const driver = sqliteDriver({ path: folder.path });
    const failure = await failureOf(driver, driver.read(key, undefined, options));
    expect(failure).toMatchObject({ code: "MISCONFIGURED", applied: "no" });
  });

  test("that is no database is MISCONFIGURED and left alone", async () => {
    using folder = temporaryFolder();
    writeFileSync(folder.file(), "not a database ".repeat(1000));
    const connections = spyOnConnections();
    const driver = sqliteDriver({ path: folder.file() });
    for (const call of [
      driver.read(key, undefined, options),
      driver.write(key, record("x"), undefined, options),
    ]) {
      expect(await failureOf(driver, call)).toMatchObject({ code: "MISCONFIGURED", applied: "no" });
    }
    expect(readdirSync(folder.path)).toEqual(["threads.db"]);
    expect(connections().map(({ open }) => open)).toEqual([false, false]);
  });

  test("of another application is MISCONFIGURED and left alone", async () => {
    using folder = temporaryFolder();
    const other = new Sqlite(folder.file());
    other.exec("CREATE TABLE customers (name TEXT)");
    const driver = sqliteDriver({ path: folder.file() });
    const failure = await failureOf(driver, driver.write(key, record("x"), undefined, options));
    expect(failure).toMatchObject({ code: "MISCONFIGURED", applied: "no" });
    expect(failure.message).toContain("`database`");
    expect(other.prepare("SELECT name FROM sqlite_schema").pluck().all()).toEqual(["customers"]);
    expect(other.pragma("journal_mode", { simple: true })).toBe("delete");
    other.close();
  });

  test("with a newer schema is MISCONFIGURED", async () => {
    using folder = temporaryFolder();
    const driver = sqliteDriver({ path: folder.file() });
    await driver.write(key, record("x"), undefined, options);
    await driver.close();
    const newer = new Sqlite(folder.file());
    newer.exec("UPDATE threadstore_schema SET version = 2");
    newer.close();
    const again = sqliteDriver({ path: folder.file() });
    const failure = await failureOf(again, again.read(key, undefined, options));
    expect(failure).toMatchObject({ code: "MISCONFIGURED", applied: "no" });
    expect(failure.message).toContain("version 2");
  });

  test("in memory is one store's own and gone with it", async () => {
    const [one, two] = [sqliteDriver({ path: ":memory:" }), sqliteDriver({ path: ":memory:" })];
    await one.write(key, record("x"), undefined, options);
    expect(await textAt(one, key.id)).toBe("x}");
    expect(await textAt(two, key.id)).toBeUndefined();
    expect(existsSync(":memory:")).toBe(false);
    await Promise.all([one.close(), two.close()]);
  });
});

describe("a given connection", () => {
  test("gets our tables beside its own, and is not closed", async () => {
    const database = new Sqlite(":memory:");
    database.exec("CREATE TABLE customers (name TEXT)");
    database.pragma("user_version = 42");
    const driver = sqliteDriver({ database });
    await driver.write(key, record("x"), undefined, options);
    expect(await textAt(driver, key.id)).toBe("x}");
    await driver.close();
    expect(database.open).toBe(true);
    const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").pluck().all();
    expect(tables).toEqual(["customers", "threadstore_schema", "threadstore_threads", "threadstore_chunks"]);
    expect(database.pragma("user_version", { simple: true })).toBe(42);
    database.close();
  });

  test("keeps its journal mode; `synchronous` is only raised", async () => {
    using folder = temporaryFolder();
    const database = new Sqlite(folder.file());
    database.pragma("synchronous = OFF");
    await sqliteDriver({ database, synchronous: "normal" }).read(key, undefined, options);
    expect(database.pragma("synchronous", { simple: true })).toBe(0);
    await sqliteDriver({ database }).read(key, undefined, options);
    expect(database.pragma("synchronous", { simple: true })).toBe(3);
    expect(database.pragma("journal_mode", { simple: true })).toBe("delete");
    database.close();
  });

  test("that its owner closed is MISCONFIGURED, before the first call and after", async () => {
    const database = new Sqlite(":memory:");
    const used = sqliteDriver({ database });
    await used.read(key, undefined, options);
    database.close();
    for (const driver of [used, sqliteDriver({ database })]) {
      const failure = await failureOf(driver, driver.read(key, undefined, options));
      expect(failure).toMatchObject({ code: "MISCONFIGURED", applied: "no" });
      expect(failure.message).toContain("closed");
      await driver.close();
    }
  });

  test("inside its owner's transaction is MISCONFIGURED until that ends", async () => {
    const database = new Sqlite(":memory:");
    const driver = sqliteDriver({ database });
    database.exec("BEGIN");
    const failure = await failureOf(driver, driver.write(key, record("x"), undefined, options));
    expect(failure).toMatchObject({ code: "MISCONFIGURED", applied: "no" });
    database.exec("ROLLBACK");
    await driver.write(key, record("x"), undefined, options);
    expect(await textAt(driver, key.id)).toBe("x}");
  });

  test("may have bigint as its default", async () => {
    const database = new Sqlite(":memory:");
    database.defaultSafeIntegers(true);
    const first = record("a".repeat(100_000));
    const second = record("a".repeat(110_000), "}", 100_000);
    await sqliteDriver({ database }).write(key, first, undefined, options);
    const driver = sqliteDriver({ database });
    await driver.write(key, second, first.nonce, options);
    expect(await driver.read(key, undefined, options)).toEqual({
      version: second.nonce,
      bytes: second.bytes,
    });
    expect(await driver.delete(key, second.nonce, options)).toBe(true);
    database.close();
  });

  test("that is read-only reads, and refuses writes", async () => {
    using folder = temporaryFolder();
    const writer = sqliteDriver({ path: folder.file() });
    const stored = record("x");
    await writer.write(key, stored, undefined, options);
    await writer.close();
    const database = new Sqlite(folder.file(), { readonly: true });
    const driver = sqliteDriver({ database });
    expect(await textAt(driver, key.id)).toBe("x}");
    expect((await driver.list("", { after: undefined, limit: 1 }, options)).records).toHaveLength(1);
    const denied = { code: "ACCESS_DENIED", applied: "no" };
    expect(await failureOf(driver, driver.write(key, record("y"), stored.nonce, options))).toMatchObject(
      denied,
    );
    expect(await failureOf(driver, driver.delete(key, stored.nonce, options))).toMatchObject(denied);
    expect(await textAt(driver, key.id)).toBe("x}");
    database.close();
  });
});

test("statements are prepared once", async () => {
  const driver = sqliteDriver({ path: ":memory:" });
  await driver.read(key, undefined, options);
  const prepare = vi.spyOn(Sqlite.prototype, "prepare");
  const stored = record("x");
  await driver.write(key, stored, undefined, options);
  await driver.read(key, undefined, options);
  await driver.list("", { after: undefined, limit: 1 }, options);
  await driver.delete(key, stored.nonce, options);
  expect(prepare).not.toHaveBeenCalled();
  await driver.close();
});

test("an aborted call does nothing and throws the signal's reason", async () => {
  using folder = temporaryFolder();
  const driver = sqliteDriver({ path: folder.file() });
  const reason = new Error("enough");
  const aborted = { signal: AbortSignal.abort(reason) };
  await expect(driver.read(key, undefined, aborted)).rejects.toBe(reason);
  await expect(driver.write(key, record("x"), undefined, aborted)).rejects.toBe(reason);
  await expect(driver.delete(key, "x", aborted)).rejects.toBe(reason);
  await expect(driver.list("", { after: undefined, limit: 1 }, aborted)).rejects.toBe(reason);
  expect(readdirSync(folder.path)).toEqual([]);
});
