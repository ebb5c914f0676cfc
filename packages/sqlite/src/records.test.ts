import type { ThreadDriver } from "@threadstore/core/driver";
import Sqlite from "better-sqlite3";
import {
  assert,
  asyncProperty,
  boolean,
  constant,
  constantFrom,
  integer,
  nat,
  oneof,
  record as fields,
  array,
} from "fast-check";
import { expect, test } from "vitest";
import { createDriver } from "./driver.ts";
import { resolveOptions } from "./options.ts";
import { CHUNK_BYTES, END_MAX_BYTES } from "./schema.ts";
import { sqliteDriver } from "./sqlite-store.ts";
import { databaseWithEncoding, ENCODINGS, options, record, textOf } from "./sqlite.test-helper.ts";

const KEY = { namespace: "", id: "thread" };

test("writes and deletes a record only at the expected version", async () => {
  const driver = sqliteDriver({ path: ":memory:" });
  const first = record("first");
  expect(await driver.read(KEY, undefined, options)).toBeUndefined();
  expect(await driver.write(KEY, record("x"), first.nonce, options)).toBeUndefined();
  expect(await driver.delete(KEY, first.nonce, options)).toBe(false);

  expect(await driver.write(KEY, first, undefined, options)).toBe(first.nonce);
  expect(await driver.write(KEY, record("x"), undefined, options)).toBeUndefined();
  const second = record("second");
  expect(await driver.write(KEY, second, first.nonce, options)).toBe(second.nonce);
  expect(await driver.write(KEY, record("x"), first.nonce, options)).toBeUndefined();
  expect(await driver.delete(KEY, first.nonce, options)).toBe(false);
  const storedRecord = await driver.read(KEY, first.nonce, options);
  expect(storedRecord).toEqual({ version: second.nonce, bytes: second.bytes, nonce: second.nonce });
  expect(await driver.read(KEY, second.nonce, options)).toEqual({
    version: second.nonce,
    bytes: undefined,
    nonce: second.nonce,
  });

  expect(await driver.delete(KEY, second.nonce, options)).toBe(true);
  expect(await driver.read(KEY, undefined, options)).toBeUndefined();
  expect(await driver.write(KEY, record("x"), second.nonce, options)).toBeUndefined();
  await driver.close();
});

/** Sizes at which content moves to chunks, or fills them. */
const LIMITS = [END_MAX_BYTES, END_MAX_BYTES + 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1];

test("any correct `unchanged` or `keep` stores exactly the bytes that were written", async () => {
  const size = integer({ min: 0, max: 3 * CHUNK_BYTES }).chain((near) =>
    constantFrom(0, 1, near, near % END_MAX_BYTES, ...LIMITS, 2 * CHUNK_BYTES, 3 * CHUNK_BYTES),
  );
  const nearChunk = fields({ chunk: nat(4), distance: integer({ min: -300, max: 300 }) }).map(
    ({ chunk, distance }) => Math.max(0, chunk * CHUNK_BYTES + distance),
  );
  const length = oneof(nat(40_000), nearChunk);
  // The new record starts with `reused` bytes of the old one and continues with `added` bytes of `fill`.
  const edit = fields({
    reused: length,
    added: size,
    trailer: nat(300),
    hint: oneof(length, constant(Number.MAX_SAFE_INTEGER)),
    fill: nat(255),
    isPatch: boolean(),
    hasChangedMetadata: boolean(),
  });
  await assert(
    asyncProperty(
      constantFrom(...ENCODINGS, "in slices"),
      array(edit, { minLength: 2, maxLength: 8 }),
      async (encoding, edits) => {
        const driver = encoding === "in slices" ? slicingDriver() : openWithEncoding(encoding);
        let old: Buffer = Buffer.alloc(0);
        let oldSize = 0;
        let version: string | undefined;
        for (const { reused, added, trailer, hint, fill, isPatch, hasChangedMetadata } of edits) {
          const bytes = Buffer.concat([old.subarray(0, reused), Buffer.alloc(added, fill)]);
          const trailerLength = Math.min(trailer, bytes.length);
          const end = bytes.length - trailerLength;
          const unchanged = Math.min(hint, commonPrefix(old, bytes), oldSize, end);
          const changedMetadata = hasChangedMetadata ? {} : undefined;
          const next = { ...record(""), bytes, unchanged, trailerLength, changedMetadata };
          const patch = { ...next, keep: unchanged, bytes: bytes.subarray(unchanged), replaced: undefined };
          version =
            isPatch && version !== undefined
              ? await driver.patch(KEY, patch, version, options)
              : await driver.write(KEY, next, version, options);
          expect(version).toBe(next.nonce);
          const storedRecord = await driver.read(KEY, undefined, options);
          expect(Buffer.from(storedRecord?.bytes ?? []).equals(bytes)).toBe(true);
          old = bytes;
          oldSize = end;
        }
        await driver.close();
      },
    ),
    { numRuns: 400 },
  );
});

/** Almost everything that does not fit into a row is staged, and read in slices. */
function slicingDriver(): ThreadDriver {
  return createDriver(resolveOptions({ path: ":memory:" }), { minBytes: END_MAX_BYTES, sliceChunks: 2 });
}

function openWithEncoding(encoding: string): ThreadDriver {
  return sqliteDriver({ database: databaseWithEncoding(encoding) });
}

function commonPrefix(a: Uint8Array, b: Uint8Array): number {
  let length = 0;
  while (length < a.length && length < b.length && a[length] === b[length]) length += 1;
  return length;
}

test("a version of one thread does not change it when another thread is written", async () => {
  const driver = sqliteDriver({ path: ":memory:" });
  const text = "x".repeat(2 * CHUNK_BYTES);
  const first = record(text);
  await driver.write(KEY, first, undefined, options);
  const next = { ...record(`${text}a`, "}", text.length), changedMetadata: undefined };
  for (const key of [
    { namespace: "", id: "another" },
    { namespace: "another", id: KEY.id },
  ]) {
    expect(await driver.write(key, next, first.nonce, options)).toBeUndefined();
    expect(await driver.read(key, undefined, options)).toBeUndefined();
  }
  expect(await driver.read(KEY, undefined, options)).toMatchObject({ version: first.nonce });
  expect(await textOf(driver, KEY.id)).toBe(`${text}}`);
  await driver.close();
});

test("finds a row that another program moved, and one that another connection wrote", async () => {
  const database = new Sqlite(":memory:");
  const [driver, other] = [sqliteDriver({ database }), sqliteDriver({ database })];
  const text = "x".repeat(2 * CHUNK_BYTES);
  const first = record(text);
  await driver.write(KEY, first, undefined, options);
  database.exec(`
    UPDATE threadstore_threads SET thread = thread + 1;
    UPDATE threadstore_chunks SET thread = thread + 1;`);
  const write = async (writer: typeof driver, added: string, version: string): Promise<string> => {
    const next = { ...record(text + added, "}", text.length), changedMetadata: undefined };
    expect(await writer.write(KEY, next, version, options)).toBe(next.nonce);
    expect(await textOf(driver, KEY.id)).toBe(`${text}${added}}`);
    return next.nonce;
  };
  const second = await write(driver, "a", first.nonce);
  const third = await write(other, "b", second);
  expect(await driver.write(KEY, record(text), second, options)).toBeUndefined();
  await write(driver, "c", third);
  database.close();
});

test("writes only chunks that changed, and deletes chunks beyond the end", async () => {
  const database = new Sqlite(":memory:");
  const driver = sqliteDriver({ database });
  const payload = Buffer.alloc(10 * CHUNK_BYTES + 5, "a");
  const first = record(payload);
  await driver.write(KEY, first, undefined, options);
  database.exec(`
    CREATE TEMP TABLE chunk_changes (sequence INTEGER, change TEXT);
    CREATE TEMP TRIGGER a AFTER INSERT ON threadstore_chunks BEGIN INSERT INTO chunk_changes VALUES (new.sequence, 'inserted'); END;
    CREATE TEMP TRIGGER b AFTER UPDATE ON threadstore_chunks BEGIN INSERT INTO chunk_changes VALUES (new.sequence, 'updated'); END;
    CREATE TEMP TRIGGER c AFTER DELETE ON threadstore_chunks BEGIN INSERT INTO chunk_changes VALUES (old.sequence, 'deleted'); END;
  `);
  const takeChanges = (): unknown[] => {
    const rows = database
      .prepare("SELECT change || ' ' || sequence FROM chunk_changes ORDER BY rowid")
      .pluck()
      .all();
    database.exec("DELETE FROM chunk_changes");
    return rows;
  };

  const grown = record(Buffer.concat([payload, Buffer.alloc(CHUNK_BYTES, "b")]), "}", payload.length);
  await driver.write(KEY, grown, first.nonce, options);
  expect(takeChanges()).toEqual(["updated 9", "inserted 10"]);

  const shrunk = record(payload.subarray(0, 8 * CHUNK_BYTES), "}", 8 * CHUNK_BYTES);
  await driver.write(KEY, shrunk, grown.nonce, options);
  expect(new Set(takeChanges())).toEqual(new Set(["updated 7", "deleted 8", "deleted 9", "deleted 10"]));
  expect(await textOf(driver, KEY.id)).toBe(`${"a".repeat(8 * CHUNK_BYTES)}}`);

  const shorter = record(payload.subarray(0, 8 * CHUNK_BYTES - 1), "a", 8 * CHUNK_BYTES - 1);
  await driver.write(KEY, shorter, shrunk.nonce, options);
  expect(takeChanges()).toEqual([]);
  expect(await textOf(driver, KEY.id)).toBe("a".repeat(8 * CHUNK_BYTES));

  expect(await driver.write(KEY, record("x"), first.nonce, options)).toBeUndefined();
  expect(takeChanges()).toEqual([]);
});

test("deletes the chunks of a deleted thread and of no other", async () => {
  const database = new Sqlite(":memory:");
  const driver = sqliteDriver({ database });
  const deleted = record("a".repeat(3 * CHUNK_BYTES));
  await driver.write(KEY, deleted, undefined, options);
  await driver.write({ ...KEY, id: "other" }, record("b".repeat(2 * CHUNK_BYTES)), undefined, options);
  await driver.delete(KEY, deleted.nonce, options);
  expect(database.prepare("SELECT count(*) FROM threadstore_chunks").pluck().get()).toBe(2);
  expect(await textOf(driver, "other")).toBe("b".repeat(2 * CHUNK_BYTES) + "}");
});
