import { readFileSync, writeFileSync } from "node:fs";
import Sqlite from "better-sqlite3";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { sqliteStore } from "./sqlite-store.ts";
import { temporaryFolder } from "./sqlite.test-helper.ts";

const IDS = ["a", "b", "c"];
const PAGE_BYTES = 4096;
/** The first byte of a leaf page of an index. */
const INDEX_LEAF_PAGE = 0x0a;
let path: string;

/** Changes the file as damage could: without the checks that the schema declares. */
function damage(...statements: string[]): void {
  const database = new Sqlite(path);
  database.unsafeMode(true);
  database.pragma("writable_schema = ON");
  database.exec("UPDATE sqlite_schema SET sql = replace(replace(sql, ' NOT NULL', ''), ' STRICT', '')");
  database.close();
  const damaged = new Sqlite(path);
  for (const statement of statements) damaged.exec(statement);
  damaged.close();
}

beforeEach(async () => {
  const folder = temporaryFolder();
  onTestFinished(() => folder[Symbol.dispose]());
  path = folder.file();
  const store = sqliteStore({ path });
  for (const id of IDS) await store.save(id, { id });
  await store.close();
});

describe.each(["version", "trailer"])("a row whose %s", (column) => {
  test.each(["NULL", "17", "'text'", "x'00ff'"])(
    "has become %s is CORRUPT and can be removed",
    async (value) => {
      damage(`UPDATE threadstore_threads SET ${column} = ${value} WHERE id IN (x'61', x'62')`);
      const store = sqliteStore({ path });
      await expect(store.load("a")).rejects.toMatchObject({ code: "CORRUPT" });
      await expect(store.save("a", {})).rejects.toMatchObject({ code: "CORRUPT" });
      const { threads } = await store.listPage();
      expect(threads.map(({ id, corrupt }) => [id, corrupt])).toEqual([
        ["a", true],
        ["b", true],
        ["c", false],
      ]);
      await store.save("a", { saved: true }, { overwrite: true });
      expect((await store.load("a"))?.thread).toEqual({ saved: true });
      expect(await store.delete("b", { previous: threads[1]?.version })).toBe(true);
      expect(await store.deleteExpired()).toEqual({ deleted: 0 });
      await store.close();
    },
  );
});

/** Long enough for chunks. */
const LONG = { text: "x".repeat(20_000) };

async function saveLong(id: string): Promise<void> {
  const writer = sqliteStore({ path });
  await writer.save(id, LONG, { overwrite: true });
  await writer.close();
}

test.each(["bytes = NULL", "bytes = x'00'"])(
  "a last chunk with %s makes its thread CORRUPT, and can be replaced by a short thread",
  async (change) => {
    await saveLong("a");
    damage(`UPDATE threadstore_chunks SET ${change} WHERE thread = 1 AND sequence = 2`);
    const store = sqliteStore({ path });
    await expect(store.load("a")).rejects.toMatchObject({ code: "CORRUPT" });
    expect((await store.load("b"))?.thread).toEqual({ id: "b" });
    await store.save("a", { short: true }, { overwrite: true });
    expect((await store.load("a"))?.thread).toEqual({ short: true });
    await store.close();
  },
);

test("a missing first chunk is not hidden by a save of the same version", async () => {
  await saveLong("a");
  damage("DELETE FROM threadstore_chunks WHERE thread = 1 AND sequence = 0");
  const store = sqliteStore({ path });
  await expect(store.load("a")).rejects.toMatchObject({ code: "CORRUPT" });
  await store.save("a", LONG, { overwrite: true });
  expect((await store.load("a"))?.thread).toEqual(LONG);
  await store.close();
});

test("an older record that was put back under a newer version is CORRUPT", async () => {
  await saveLong("a");
  const database = new Sqlite(path);
  const store = sqliteStore({ database });
  const old = database.prepare("SELECT trailer FROM threadstore_threads WHERE id = x'61'").pluck().get();
  await store.save("a", { ...LONG, more: true }, { previous: await store.load("a") });
  database.prepare("UPDATE threadstore_threads SET trailer = ? WHERE id = x'61'").run(old);
  await expect(store.load("a")).rejects.toMatchObject({ code: "CORRUPT" });
  expect((await store.listPage()).threads.map(({ corrupt }) => corrupt)).toEqual([true, false, false]);
  await store.close();
  database.close();
});

test("a damaged entry of the index does not make a thread look as if it did not exist", async () => {
  const writer = sqliteStore({ path });
  await writer.save("needle", { id: "needle" });
  await writer.close();
  const bytes = readFileSync(path);
  const entryOf = (page: number): number => bytes.indexOf("needle", page * PAGE_BYTES);
  const pages = Array.from({ length: bytes.length / PAGE_BYTES }, (_, page) => page);
  for (const page of pages.filter((each) => bytes[each * PAGE_BYTES] === INDEX_LEAF_PAGE)) {
    const position = entryOf(page);
    if (position >= 0 && position < (page + 1) * PAGE_BYTES) bytes.write("beetle", position);
  }
  writeFileSync(path, bytes);
  const store = sqliteStore({ path });
  await expect(store.load("needle")).rejects.toMatchObject({
    code: "CORRUPT",
    message: expect.stringContaining("REINDEX"),
  });
  expect(await store.load("aa")).toBeUndefined();
  await store.close();
  const database = new Sqlite(path);
  database.exec("REINDEX");
  database.close();
  const repaired = sqliteStore({ path });
  expect((await repaired.load("needle"))?.thread).toEqual({ id: "needle" });
  await repaired.close();
});
