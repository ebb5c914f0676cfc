import { copyFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import type { ThreadStore } from "@threadstore/core";
import Sqlite from "better-sqlite3";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { runTask } from "./processes.test-helper.ts";
import { sqliteStore } from "./sqlite-store.ts";
import { driverErrorFrom, openDriver, options, record, temporaryFolder } from "./sqlite.test-helper.ts";

const FILES = ["", "-wal", "-shm"];
const KEY = { namespace: "", id: "thread" };
let path: string;

beforeEach(() => {
  const folder = temporaryFolder();
  onTestFinished(() => folder[Symbol.dispose]());
  path = folder.file();
});

async function expectRefused(store: ThreadStore): Promise<void> {
  const refused = { code: "MISCONFIGURED", message: expect.stringContaining(path) };
  await expect(store.save("thread", { n: 2 }, { overwrite: true })).rejects.toMatchObject(refused);
  await expect(store.load("thread")).rejects.toMatchObject(refused);
  await expect(store.delete("thread")).rejects.toMatchObject(refused);
  await expect(store.listPage()).rejects.toMatchObject(refused);
}

describe("an open store", () => {
  test.each<[string, () => Promise<void> | void]>([
    ["its files are removed", () => FILES.forEach((suffix) => rmSync(path + suffix))],
    [
      "a backup is restored over its file",
      () => {
        copyFileSync(path, `${path}.backup`);
        renameSync(`${path}.backup`, path);
      },
    ],
    ["its write-ahead log is removed", () => rmSync(`${path}-wal`)],
    [
      "its write-ahead log is replaced",
      () => {
        rmSync(`${path}-wal`);
        writeFileSync(`${path}-wal`, "");
      },
    ],
    [
      "another SQLite library in its process has ended its locks, and another process closes the file",
      async () => {
        const other = new DatabaseSync(path, { readOnly: true });
        other.prepare("SELECT count(*) FROM threadstore_threads").get();
        other.close();
        await runTask("load", path);
      },
    ],
  ])("throws MISCONFIGURED once %s", async (_, change) => {
    const store = sqliteStore({ path });
    await store.save("thread", { n: 1 });
    await change();
    await expectRefused(store);
    await store.close();
  });

  test("works again once its file is moved back", async () => {
    const store = sqliteStore({ path });
    await store.save("thread", { n: 1 });
    renameSync(path, `${path}.moved`);
    await expectRefused(store);
    renameSync(`${path}.moved`, path);
    expect((await store.load("thread"))?.thread).toEqual({ n: 1 });
    await store.close();
  });

  test("on a connection that was passed in is protected, too", async () => {
    const database = new Sqlite(path);
    database.pragma("journal_mode = WAL");
    const store = sqliteStore({ database });
    await store.save("thread", { n: 1 });
    for (const suffix of FILES) rmSync(path + suffix);
    await expectRefused(store);
    database.close();
  });

  test("allows the owner of its connection to change the journal mode", async () => {
    const database = new Sqlite(path);
    const store = sqliteStore({ database });
    for (const mode of ["WAL", "DELETE", "WAL"]) {
      await store.save("thread", { mode }, { overwrite: true });
      database.pragma(`journal_mode = ${mode}`);
      expect((await store.load("thread"))?.thread).toEqual({ mode });
    }
    database.close();
  });

  test("is not disturbed by other processes that open and close the file", async () => {
    const store = sqliteStore({ path });
    await store.save("thread", { n: 1 });
    await runTask("load", path);
    await store.save("thread", { n: 2 }, { overwrite: true });
    expect((await store.load("thread"))?.thread).toEqual({ n: 2 });
    await store.close();
  });
});

test("a write is in doubt if the file disappears while it is written", async () => {
  const database = new Sqlite(path);
  database.pragma("journal_mode = WAL");
  const driver = openDriver({ database });
  await driver.write(KEY, record("first"), undefined, options);
  database.function("remove_file", () => {
    rmSync(path, { force: true });
    return 0;
  });
  database.exec(
    "CREATE TEMP TRIGGER removal AFTER INSERT ON threadstore_threads BEGIN SELECT remove_file(); END",
  );
  const writing = driver.write({ ...KEY, id: "other" }, record("second"), undefined, options);
  expect(await driverErrorFrom(writing)).toMatchObject({ code: "MISCONFIGURED", effect: "unknown" });
  database.close();
});

describe("the permissions of the files", () => {
  test("allow only the user of the process to use new files", async () => {
    const store = sqliteStore({ path });
    await store.save("thread", {});
    expect(FILES.map((suffix) => statSync(path + suffix).mode & 0o777)).toEqual([0o600, 0o600, 0o600]);
    await store.close();
  });

  test("of an existing file are kept, and used for the other files", async () => {
    writeFileSync(path, "", { mode: 0o640 });
    const store = sqliteStore({ path });
    await store.save("thread", {});
    expect(FILES.map((suffix) => statSync(path + suffix).mode & 0o777)).toEqual([0o640, 0o640, 0o640]);
    await store.close();
  });
});

test("the write-ahead log shrinks again after it had to grow", async () => {
  const store = sqliteStore({ path });
  await store.save("thread", {});
  // A checkpoint cannot restart the log during a read.
  const reader = new Sqlite(path, { readonly: true });
  reader.exec("BEGIN");
  reader.prepare("SELECT count(*) FROM threadstore_threads").get();
  for (let n = 0; n < 4; n += 1)
    await store.save("thread", { text: String(n).repeat(8_000_000) }, { overwrite: true });
  expect(statSync(`${path}-wal`).size).toBeGreaterThan(30_000_000);
  reader.close();
  for (let n = 0; n < 3; n += 1) await store.save("small", { n }, { overwrite: true });
  expect(statSync(`${path}-wal`).size).toBeLessThanOrEqual(16_777_216);
  await store.close();
});
