import type { ThreadDriver } from "@threadstore/core/driver";
import Sqlite from "better-sqlite3";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createDriver } from "./driver.ts";
import { nextTurn } from "./large-records.ts";
import { resolveOptions, type SqliteDriverOptions } from "./options.ts";
import { CHUNK_BYTES } from "./schema.ts";
import { options, record, temporaryFolder, textOf } from "./sqlite.test-helper.ts";

const KEY = { namespace: "", id: "thread" };
const CHUNKS = 10;
const CONTENT = CHUNKS * CHUNK_BYTES;
const LARGE = { minBytes: 4 * CHUNK_BYTES, sliceChunks: 2 };
const large = (letter: string, unchanged = 0) => record(letter.repeat(CONTENT), "}", unchanged);

let folder: ReturnType<typeof temporaryFolder>;
let database: Sqlite.Database;
const drivers: ThreadDriver[] = [];

function open(driverOptions: Partial<SqliteDriverOptions> = {}): ThreadDriver {
  const all = { path: folder.file(), ...driverOptions } as SqliteDriverOptions;
  const driver = createDriver(resolveOptions(all), LARGE);
  drivers.push(driver);
  return driver;
}

const count = (table: string): unknown => database.prepare(`SELECT count(*) FROM ${table}`).pluck().get();
const tables = (): unknown[] => database.prepare("SELECT name FROM sqlite_schema").pluck().all();
const passTime = (): void =>
  void database.exec("UPDATE threadstore_staged SET changed_at = changed_at - 11000");
async function turns(number: number): Promise<void> {
  for (let n = 0; n < number; n += 1) await nextTurn();
}

beforeEach(() => {
  folder = temporaryFolder();
  database = new Sqlite(folder.file());
});

afterEach(async () => {
  for (const driver of drivers.splice(0)) await driver.close();
  database.close();
  folder[Symbol.dispose]();
});

describe("a large record", () => {
  it("is stored in transactions of one slice, which no reader sees before the last", async () => {
    const [driver, reader] = [open(), open()];
    const first = large("a");
    const saving = driver.write(KEY, first, undefined, options);
    const chunks: unknown[] = [];
    while (count("threadstore_threads") === 0) {
      expect(await reader.read(KEY, undefined, options)).toBeUndefined();
      chunks.push(count("threadstore_chunks"));
      await nextTurn();
    }
    expect([...new Set(chunks)]).toEqual([0, 2, 4, 6, 8, 10]);
    expect(await saving).toBe(first.nonce);
    expect(await textOf(reader, KEY.id)).toBe(`${"a".repeat(CONTENT)}}`);
    expect(count("threadstore_staged")).toBe(0);
  });

  it("is read in slices of one version while it is saved all the time", async () => {
    const [driver, writer] = [open(), open()];
    let version = (await driver.write(KEY, large("a"), undefined, options)) ?? "";
    const end = new AbortController();
    const writing = (async () => {
      for (let round = 0; !end.signal.aborted; round += 1) {
        const next = large(round % 2 === 0 ? "b" : "a");
        version = (await writer.write(KEY, next, version, options)) ?? "";
      }
    })();
    const versions = new Set<unknown>();
    for (let n = 0; n < 30; n += 1) {
      const stored = await driver.read(KEY, undefined, options);
      const text = Buffer.from(stored?.bytes ?? []).toString();
      expect(["a", "b"].map((letter) => `${letter.repeat(CONTENT)}}`).includes(text)).toBe(true);
      versions.add(stored?.version);
    }
    end.abort();
    await writing;
    expect(versions.size).toBeGreaterThan(1);
  });

  it.each([0, 1, CONTENT - 1, CONTENT + 1, 2 * CONTENT, 2_000_000_000])(
    "is read whole if damage has changed its size to %i",
    async (size) => {
      const driver = open();
      const first = large("a");
      await driver.write(KEY, first, undefined, options);
      database.prepare("UPDATE threadstore_threads SET size = ?").run(size);
      const stored = await driver.read(KEY, undefined, options);
      expect(Buffer.from(stored?.bytes ?? []).equals(first.bytes)).toBe(true);
      expect(await driver.read(KEY, first.nonce, options)).toMatchObject({ bytes: undefined });
    },
  );

  it("is found as missing or small by a load during which it is deleted or replaced", async () => {
    const driver = open();
    const first = large("a");
    await driver.write(KEY, first, undefined, options);
    const small = record("small");
    const replaced = driver.read(KEY, undefined, options);
    await turns(2);
    await driver.write(KEY, small, first.nonce, options);
    expect(await replaced).toEqual({ version: small.nonce, bytes: small.bytes, nonce: small.nonce });
    const second = large("b");
    await driver.write(KEY, second, small.nonce, options);
    const deleted = driver.read(KEY, undefined, options);
    await turns(2);
    await driver.delete(KEY, second.nonce, options);
    expect(await deleted).toBeUndefined();
  });

  it("replaces all chunks and keeps or changes the index of metadata", async () => {
    const driver = open();
    const first = { ...large("a"), changedMetadata: { owner: "ann" } };
    await driver.write(KEY, first, undefined, options);
    const hashes = (): unknown[] => database.prepare("SELECT thread, hash FROM threadstore_metadata").all();
    const [before] = hashes() as [{ hash: number }];
    const second = { ...large("b"), changedMetadata: undefined };
    await driver.write(KEY, second, first.nonce, options);
    const thread = database.prepare("SELECT thread FROM threadstore_threads").pluck().get();
    expect(hashes()).toEqual([{ thread, hash: before.hash }]);
    expect(count("threadstore_chunks")).toBe(CHUNKS);
    const third = { ...large("c"), changedMetadata: {} };
    await driver.write(KEY, third, second.nonce, options);
    expect(hashes()).toEqual([]);
    // The connection knows the row, and an end that grows needs one statement.
    const fourth = { ...record(`${"c".repeat(CONTENT)}d`, "}", CONTENT), changedMetadata: undefined };
    expect(await driver.write(KEY, fourth, third.nonce, options)).toBe(fourth.nonce);
    expect(await textOf(driver, KEY.id)).toBe(`${"c".repeat(CONTENT)}d}`);
  });

  it.each([
    ["creates a thread", undefined],
    ["replaces a thread", "a"],
  ])("that %s loses against a save in the meantime, and leaves nothing", async (_, before) => {
    const [driver, other] = [open(), open()];
    const stored = before === undefined ? undefined : large(before);
    if (stored !== undefined) await driver.write(KEY, stored, undefined, options);
    const saving = driver.write(KEY, large("b"), stored?.nonce, options);
    await turns(3);
    const winner = record("winner");
    expect(await other.write(KEY, winner, stored?.nonce, options)).toBe(winner.nonce);
    expect(await saving).toBeUndefined();
    expect(await textOf(driver, KEY.id)).toBe("winner}");
    expect([count("threadstore_chunks"), count("threadstore_staged")]).toEqual([0, 0]);
    // The versions are compared before anything is staged, too.
    const changes = database.pragma("data_version", { simple: true });
    expect(await driver.write(KEY, large("c"), stored?.nonce, options)).toBeUndefined();
    expect(database.pragma("data_version", { simple: true })).toBe(changes);
  });

  it("never gets a number that a thread or another save has", async () => {
    const driver = open();
    const random = vi.spyOn(Math, "random").mockReturnValueOnce(0.5);
    const write = (id: string, letter: string) =>
      driver.write({ namespace: "", id }, large(letter), undefined, options);
    await write("stored", "a");
    random.mockReturnValueOnce(0.25);
    const saving = write("in progress", "b");
    await turns(2);
    random.mockReturnValueOnce(0.5).mockReturnValueOnce(0.25);
    await write("new", "c");
    await saving;
    random.mockRestore();
    for (const [id, letter] of [
      ["stored", "a"],
      ["in progress", "b"],
      ["new", "c"],
    ] as const) {
      expect((await textOf(driver, id)) === `${letter.repeat(CONTENT)}}`).toBe(true);
    }
  });

  it("leaves nothing if its save is aborted", async () => {
    const driver = open();
    const controller = new AbortController();
    const saving = driver.write(KEY, large("a"), undefined, { signal: controller.signal });
    await turns(3);
    expect(count("threadstore_staged")).toBe(1);
    controller.abort(new Error("enough"));
    await expect(saving).rejects.toThrow("enough");
    expect([count("threadstore_chunks"), count("threadstore_staged")]).toEqual([0, 0]);
  });
});

describe("what a save has staged", () => {
  it("is not removed while the save continues", async () => {
    const driver = open();
    const saving = driver.write(KEY, large("a"), undefined, options);
    await turns(3);
    const other = open();
    await other.write({ namespace: "", id: "other" }, record("x"), undefined, options);
    expect(count("threadstore_staged")).toBe(1);
    expect(count("threadstore_chunks")).toBeGreaterThan(0);
    await saving;
    expect(await textOf(other, KEY.id)).toBe(`${"a".repeat(CONTENT)}}`);
  });

  it.each([1, 2, 3, 4, 5])(
    "is removed after ten seconds, and a save that only was suspended in turn %i begins again",
    async (turn) => {
      const driver = open();
      const saving = driver.write(KEY, large("a"), undefined, options);
      await turns(turn);
      passTime();
      const other = open();
      await other.write({ namespace: "", id: "other" }, record("x"), undefined, options);
      expect([count("threadstore_chunks"), count("threadstore_staged")]).toEqual([0, 0]);
      await saving;
      expect(await textOf(other, KEY.id)).toBe(`${"a".repeat(CONTENT)}}`);
      expect([count("threadstore_chunks"), count("threadstore_staged")]).toEqual([CHUNKS, 0]);
    },
  );

  it("does not exist with `secureDelete`, and on a connection that was passed in", async () => {
    const passed = new Sqlite(folder.file("other.db"));
    for (const each of [{ secureDelete: true }, { path: undefined, database: passed }]) {
      const driver = open(each);
      const first = large("a");
      expect(driver.write(KEY, first, undefined, options)).toBe(first.nonce);
      await driver.close();
    }
    expect(tables()).not.toContain("threadstore_staged");
    expect(passed.prepare("SELECT name FROM sqlite_schema").pluck().all()).not.toContain(
      "threadstore_staged",
    );
    passed.close();
  });
});
