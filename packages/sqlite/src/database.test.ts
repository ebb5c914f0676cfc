import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ALL_BY_ID } from "@threadstore/core/driver";
import Sqlite from "better-sqlite3";
import { afterEach, describe, expect, test, vi } from "vitest";
import {
  driverErrorFrom,
  openDriver,
  options,
  record,
  temporaryFolder,
  textOf,
} from "./sqlite.test-helper.ts";

const KEY = { namespace: "", id: "thread" };

afterEach(() => vi.restoreAllMocks());

/** Returns a function that lists the connections opened since. */
function spyOnConnections(): () => Sqlite.Database[] {
  const prepare = vi.spyOn(Sqlite.prototype, "prepare");
  return () => [...new Set(prepare.mock.contexts)].filter((context) => context instanceof Sqlite);
}

describe("a file", () => {
  test("is opened by the first call, and is the only file left after closing", async () => {
    using folder = temporaryFolder();
    const driver = openDriver({ path: folder.file() });
    expect(readdirSync(folder.path)).toEqual([]);
    await driver.write(KEY, record("x"), undefined, options);
    expect(readdirSync(folder.path).toSorted()).toEqual(["threads.db", "threads.db-shm", "threads.db-wal"]);
    await driver.close();
    expect(readdirSync(folder.path)).toEqual(["threads.db"]);

    const reopened = openDriver({ path: folder.file() });
    expect(await textOf(reopened, KEY.id)).toBe("x}");
    await reopened.close();
  });

  test("that was never opened can be closed", async () => {
    using folder = temporaryFolder();
    await openDriver({ path: folder.file() }).close();
    expect(readdirSync(folder.path)).toEqual([]);
  });

  test("does not depend on later changes of the working directory", async () => {
    using folder = temporaryFolder();
    const before = process.cwd();
    process.chdir(folder.path);
    const driver = openDriver({ path: "threads.db" });
    process.chdir(before);
    await driver.write(KEY, record("x"), undefined, options);
    await driver.close();
    expect(readdirSync(folder.path)).toEqual(["threads.db"]);
  });

  test("uses WAL mode and syncs each commit by default", async () => {
    using folder = temporaryFolder();
    const connections = spyOnConnections();
    const driver = openDriver({ path: folder.file() });
    await driver.read(KEY, undefined, options);
    const [connection, ...others] = connections();
    expect(others).toEqual([]);
    expect(connection?.pragma("journal_mode", { simple: true })).toBe("wal");
    // FULL is 2, EXTRA is 3.
    expect(connection?.pragma("synchronous", { simple: true })).toBeGreaterThanOrEqual(2);
    expect(connection?.pragma("fullfsync", { simple: true })).toBe(1);
    expect(connection?.pragma("busy_timeout", { simple: true })).toBe(1000);
    await driver.close();
  });

  test("does not sync each commit if `synchronous` is `normal`", async () => {
    using folder = temporaryFolder();
    const connections = spyOnConnections();
    const driver = openDriver({ path: folder.file(), synchronous: "normal", busyTimeoutMs: 7 });
    await driver.read(KEY, undefined, options);
    const [connection] = connections();
    expect(connection?.pragma("journal_mode", { simple: true })).toBe("wal");
    expect(connection?.pragma("synchronous", { simple: true })).toBe(1);
    expect(connection?.pragma("busy_timeout", { simple: true })).toBe(7);
    await driver.close();
  });

  test("is opened once its folder exists", async () => {
    using folder = temporaryFolder();
    const driver = openDriver({ path: join(folder.path, "later", "threads.db") });
    const error = await driverErrorFrom(driver.read(KEY, undefined, options));
    expect(error).toMatchObject({ code: "MISCONFIGURED", effect: "none" });
    expect(error.message).toContain("folder");
    mkdirSync(join(folder.path, "later"));
    expect(await driver.read(KEY, undefined, options)).toBeUndefined();
    await driver.close();
  });

  test("that is a folder throws MISCONFIGURED", async () => {
    using folder = temporaryFolder();
    const driver = openDriver({ path: folder.path });
    const error = await driverErrorFrom(driver.read(KEY, undefined, options));
    expect(error).toMatchObject({ code: "MISCONFIGURED", effect: "none" });
  });

  test("that is not a database throws MISCONFIGURED and is not changed", async () => {
    using folder = temporaryFolder();
    writeFileSync(folder.file(), "not a database ".repeat(1000));
    const connections = spyOnConnections();
    const driver = openDriver({ path: folder.file() });
    for (const call of [
      driver.read(KEY, undefined, options),
      driver.write(KEY, record("x"), undefined, options),
    ]) {
      expect(await driverErrorFrom(call)).toMatchObject({ code: "MISCONFIGURED", effect: "none" });
    }
    expect(readdirSync(folder.path)).toEqual(["threads.db"]);
    expect(connections().map(({ open }) => open)).toEqual([false, false]);
  });

  test("of another application throws MISCONFIGURED and is not changed", async () => {
    using folder = temporaryFolder();
    const other = new Sqlite(folder.file());
    other.exec("CREATE TABLE customers (name TEXT)");
    const driver = openDriver({ path: folder.file() });
    const error = await driverErrorFrom(driver.write(KEY, record("x"), undefined, options));
    expect(error).toMatchObject({ code: "MISCONFIGURED", effect: "none" });
    expect(error.message).toContain("`database`");
    expect(other.prepare("SELECT name FROM sqlite_schema").pluck().all()).toEqual(["customers"]);
    expect(other.pragma("journal_mode", { simple: true })).toBe("delete");
    other.close();
  });

  test("with a newer schema throws MISCONFIGURED", async () => {
    using folder = temporaryFolder();
    const driver = openDriver({ path: folder.file() });
    await driver.write(KEY, record("x"), undefined, options);
    await driver.close();
    const newer = new Sqlite(folder.file());
    newer.exec("UPDATE threadstore_schema SET version = 4");
    newer.close();
    const reopened = openDriver({ path: folder.file() });
    const error = await driverErrorFrom(reopened.read(KEY, undefined, options));
    expect(error).toMatchObject({ code: "MISCONFIGURED", effect: "none" });
    expect(error.message).toContain("version 4");
  });

  test("in memory is private to one store and disappears with it", async () => {
    const [one, two] = [openDriver({ path: ":memory:" }), openDriver({ path: ":memory:" })];
    await one.write(KEY, record("x"), undefined, options);
    expect(await textOf(one, KEY.id)).toBe("x}");
    expect(await textOf(two, KEY.id)).toBeUndefined();
    expect(existsSync(":memory:")).toBe(false);
    await Promise.all([one.close(), two.close()]);
  });
});

describe("a connection that was passed in", () => {
  test("keeps its tables next to the store's, and is not closed", async () => {
    const database = new Sqlite(":memory:");
    database.exec("CREATE TABLE customers (name TEXT)");
    database.pragma("user_version = 42");
    const driver = openDriver({ database });
    await driver.write(KEY, record("x"), undefined, options);
    expect(await textOf(driver, KEY.id)).toBe("x}");
    await driver.close();
    expect(database.open).toBe(true);
    const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").pluck().all();
    expect(tables).toEqual([
      "customers",
      ...["schema", "threads", "chunks", "metadata"].map((name) => `threadstore_${name}`),
    ]);
    expect(database.pragma("user_version", { simple: true })).toBe(42);
    database.close();
  });

  test("keeps its journal mode, and `synchronous` is only raised", async () => {
    using folder = temporaryFolder();
    const database = new Sqlite(folder.file());
    database.pragma("synchronous = OFF");
    await openDriver({ database, synchronous: "normal" }).read(KEY, undefined, options);
    expect(database.pragma("synchronous", { simple: true })).toBe(0);
    await openDriver({ database }).read(KEY, undefined, options);
    expect(database.pragma("synchronous", { simple: true })).toBe(3);
    expect(database.pragma("journal_mode", { simple: true })).toBe("delete");
    database.close();
  });

  test("throws MISCONFIGURED once its owner closed it, before and after the first call", async () => {
    const database = new Sqlite(":memory:");
    const used = openDriver({ database });
    await used.read(KEY, undefined, options);
    database.close();
    for (const driver of [used, openDriver({ database })]) {
      const error = await driverErrorFrom(driver.read(KEY, undefined, options));
      expect(error).toMatchObject({ code: "MISCONFIGURED", effect: "none" });
      expect(error.message).toContain("closed");
      await driver.close();
    }
  });

  test("throws MISCONFIGURED while it is inside its owner's transaction", async () => {
    const database = new Sqlite(":memory:");
    const driver = openDriver({ database });
    database.exec("BEGIN");
    const error = await driverErrorFrom(driver.write(KEY, record("x"), undefined, options));
    expect(error).toMatchObject({ code: "MISCONFIGURED", effect: "none" });
    database.exec("ROLLBACK");
    await driver.write(KEY, record("x"), undefined, options);
    expect(await textOf(driver, KEY.id)).toBe("x}");
  });

  test("may return bigint by default", async () => {
    const database = new Sqlite(":memory:");
    database.defaultSafeIntegers(true);
    const first = record("a".repeat(100_000));
    const second = record("a".repeat(110_000), "}", 100_000);
    await openDriver({ database }).write(KEY, first, undefined, options);
    const driver = openDriver({ database });
    await driver.write(KEY, second, first.nonce, options);
    expect(await driver.read(KEY, undefined, options)).toEqual({
      version: second.nonce,
      bytes: second.bytes,
      nonce: second.nonce,
    });
    expect(await driver.delete(KEY, second.nonce, options)).toBe(true);
    database.close();
  });

  test("that is read-only can read but throws ACCESS_DENIED for writes", async () => {
    using folder = temporaryFolder();
    const writer = openDriver({ path: folder.file() });
    const stored = record("x");
    await writer.write(KEY, stored, undefined, options);
    await writer.close();
    const database = new Sqlite(folder.file(), { readonly: true });
    const driver = openDriver({ database });
    expect(await textOf(driver, KEY.id)).toBe("x}");
    expect((await driver.list("", { ...ALL_BY_ID, limit: 1 }, options)).records).toHaveLength(1);
    const denied = { code: "ACCESS_DENIED", effect: "none" };
    expect(await driverErrorFrom(driver.write(KEY, record("y"), stored.nonce, options))).toMatchObject(
      denied,
    );
    expect(await driverErrorFrom(driver.delete(KEY, stored.nonce, options))).toMatchObject(denied);
    expect(await textOf(driver, KEY.id)).toBe("x}");
    database.close();
  });
});

test("an aborted call does nothing and rejects with the signal's reason", async () => {
  using folder = temporaryFolder();
  const driver = openDriver({ path: folder.file() });
  const reason = new Error("enough");
  const aborted = { signal: AbortSignal.abort(reason) };
  await expect(driver.read(KEY, undefined, aborted)).rejects.toBe(reason);
  await expect(driver.write(KEY, record("x"), undefined, aborted)).rejects.toBe(reason);
  await expect(driver.delete(KEY, "x", aborted)).rejects.toBe(reason);
  await expect(driver.list("", { ...ALL_BY_ID, limit: 1 }, aborted)).rejects.toBe(reason);
  expect(readdirSync(folder.path)).toEqual([]);
});
