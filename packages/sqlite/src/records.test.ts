import Sqlite from "better-sqlite3";
import { assert, asyncProperty, constantFrom, integer, nat, record as fields, array } from "fast-check";
import { expect, test } from "vitest";
import type { SqliteDatabase } from "./database.ts";
import { chunkSize } from "./records.ts";
import { sqliteDriver } from "./sqlite-store.ts";
import { options, record, textAt } from "./tools.test-helper.ts";

const key = { namespace: "", id: "thread" };

const encodings = ["UTF-8", "UTF-16le", "UTF-16be"];

function databaseIn(encoding: string): SqliteDatabase {
  const database = new Sqlite(":memory:");
  database.pragma(`encoding = '${encoding}'`);
  return database;
}

test("creates, replaces and deletes only what is expected", async () => {
  const driver = sqliteDriver({ path: ":memory:" });
  const first = record("first");
  expect(await driver.read(key, undefined, options)).toBeUndefined();
  expect(await driver.write(key, record("x"), first.nonce, options)).toBeUndefined();
  expect(await driver.delete(key, first.nonce, options)).toBe(false);

  expect(await driver.write(key, first, undefined, options)).toBe(first.nonce);
  expect(await driver.write(key, record("x"), undefined, options)).toBeUndefined();
  const second = record("second");
  expect(await driver.write(key, second, first.nonce, options)).toBe(second.nonce);
  expect(await driver.write(key, record("x"), first.nonce, options)).toBeUndefined();
  expect(await driver.delete(key, first.nonce, options)).toBe(false);
  const found = await driver.read(key, first.nonce, options);
  expect(found).toEqual({ version: second.nonce, bytes: second.bytes });
  expect(await driver.read(key, second.nonce, options)).toEqual({ version: second.nonce, bytes: undefined });

  expect(await driver.delete(key, second.nonce, options)).toBe(true);
  expect(await driver.read(key, undefined, options)).toBeUndefined();
  expect(await driver.write(key, record("x"), second.nonce, options)).toBeUndefined();
  await driver.close();
});

test("any right `unchanged` gives the bytes that were written", async () => {
  const size = integer({ min: 0, max: 3 * chunkSize }).chain((near) =>
    constantFrom(0, 1, near, chunkSize - 1, chunkSize, chunkSize + 1, 2 * chunkSize, 3 * chunkSize),
  );
  // How much of the old record begins the new one, how much follows that, and how long the trailer is.
  const edit = fields({
    kept: nat(40_000),
    added: size,
    trailer: nat(300),
    hint: nat(40_000),
    fill: nat(255),
  });
  await assert(
    asyncProperty(
      constantFrom(...encodings),
      array(edit, { minLength: 2, maxLength: 8 }),
      async (encoding, edits) => {
        const driver = sqliteDriver({ database: databaseIn(encoding) });
        let old: Buffer = Buffer.alloc(0);
        let oldSize = 0;
        let version: string | undefined;
        for (const { kept, added, trailer, hint, fill } of edits) {
          const bytes = Buffer.concat([old.subarray(0, kept), Buffer.alloc(added, fill)]);
          const trailerLength = Math.min(trailer, bytes.length);
          const end = bytes.length - trailerLength;
          const unchanged = Math.min(hint, commonPrefix(old, bytes), oldSize, end);
          const next = { ...record(""), bytes, unchanged, trailerLength };
          version = await driver.write(key, next, version, options);
          expect(version).toBe(next.nonce);
          const found = await driver.read(key, undefined, options);
          expect(Buffer.from(found?.bytes ?? []).equals(bytes)).toBe(true);
          old = bytes;
          oldSize = end;
        }
        await driver.close();
      },
    ),
    { numRuns: 150 },
  );
});

function commonPrefix(a: Uint8Array, b: Uint8Array): number {
  let length = 0;
  while (length < a.length && length < b.length && a[length] === b[length]) length += 1;
  return length;
}

test("writes only the chunks that changed, and drops those beyond the end", async () => {
  const database = new Sqlite(":memory:");
  const driver = sqliteDriver({ database });
  const payload = Buffer.alloc(10 * chunkSize + 5, "a");
  const first = record(payload);
  await driver.write(key, first, undefined, options);
  database.exec(`
    CREATE TEMP TABLE touched (sequence INTEGER, how TEXT);
    CREATE TEMP TRIGGER a AFTER INSERT ON threadstore_chunks BEGIN INSERT INTO touched VALUES (new.sequence, 'added'); END;
    CREATE TEMP TRIGGER b AFTER UPDATE ON threadstore_chunks BEGIN INSERT INTO touched VALUES (new.sequence, 'changed'); END;
    CREATE TEMP TRIGGER c AFTER DELETE ON threadstore_chunks BEGIN INSERT INTO touched VALUES (old.sequence, 'dropped'); END;
  `);
  const touched = (): unknown[] => {
    const rows = database.prepare("SELECT how || ' ' || sequence FROM touched ORDER BY rowid").pluck().all();
    database.exec("DELETE FROM touched");
    return rows;
  };

  const grown = record(Buffer.concat([payload, Buffer.alloc(chunkSize, "b")]), "}", payload.length);
  await driver.write(key, grown, first.nonce, options);
  expect(touched()).toEqual(["changed 10", "added 11"]);

  const shrunk = record(payload.subarray(0, 8 * chunkSize), "}", 8 * chunkSize);
  await driver.write(key, shrunk, grown.nonce, options);
  expect(new Set(touched())).toEqual(new Set(["dropped 8", "dropped 9", "dropped 10", "dropped 11"]));

  const shorter = record(payload.subarray(0, 8 * chunkSize - 1), "a", 8 * chunkSize - 1);
  await driver.write(key, shorter, shrunk.nonce, options);
  expect(touched()).toEqual(["changed 7"]);
  expect(await textAt(driver, key.id)).toBe("a".repeat(8 * chunkSize));

  const lost = await driver.write(key, record("x"), first.nonce, options);
  expect(lost).toBeUndefined();
  expect(touched()).toEqual([]);
});

test("deletes the chunks with the thread, and nobody else's", async () => {
  const database = new Sqlite(":memory:");
  const driver = sqliteDriver({ database });
  const gone = record("a".repeat(3 * chunkSize));
  await driver.write(key, gone, undefined, options);
  await driver.write({ ...key, id: "other" }, record("b".repeat(2 * chunkSize)), undefined, options);
  await driver.delete(key, gone.nonce, options);
  expect(database.prepare("SELECT count(*) FROM threadstore_chunks").pluck().get()).toBe(2);
  expect(await textAt(driver, "other")).toBe("b".repeat(2 * chunkSize) + "}");
});

const hostileIds = [
  "a", "A", "ab", "a/b", "a\0", "a\0b", "a\0c", "\0", " ", "a ", "a.", "..", "/", "%", "_", "a%", "a_", "*", "?", "[a]",
  "'", '"', "''; DROP TABLE threadstore_threads; --", "\u00e9", "e\u0301", "\u00df", "SS", "\u0130", "i", "I", "1", "01", "1.0", "1e0", "x'61'",
  "NULL", "__proto__", "\ud7ff", "\ue000", "\uffff", "\u{10000}", "\u{10ffff}", "\ufeff", "\u2028", "z".repeat(256), "😀",
]; // prettier-ignore

test.each(encodings)("hostile ids are their bytes, in a database in %s", async (encoding) => {
  const database = databaseIn(encoding);
  // The owner of a connection may like bigints.
  database.defaultSafeIntegers(true);
  const driver = sqliteDriver({ database });
  const ordered = hostileIds.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  for (const namespace of ["", "n", "N", "n\0", "\u{10000}"]) {
    for (const id of hostileIds) {
      await driver.write({ namespace, id }, record(`${namespace}|${id}|`), undefined, options);
    }
  }
  for (const namespace of ["", "n", "N", "n\0", "\u{10000}"]) {
    for (const id of hostileIds) expect(await textAt(driver, id, namespace)).toBe(`${namespace}|${id}|}`);
    const ids: string[] = [];
    let after: string | undefined;
    do {
      const page = await driver.list(namespace, { after, limit: 7 }, options);
      ids.push(...page.records.map(({ id }) => id));
      after = page.next;
    } while (after !== undefined);
    expect(ids).toEqual(ordered);
  }
  expect(await driver.list("other", { after: undefined, limit: 1 }, options)).toEqual({
    records: [],
    next: undefined,
  });
});

test("a page says whether more follows, and carries trailers", async () => {
  const driver = sqliteDriver({ path: ":memory:" });
  const records = [record("1", "first"), record("2", "second"), record("3", "third")];
  for (const [index, each] of records.entries()) {
    await driver.write({ namespace: "", id: String(index) }, each, undefined, options);
  }
  const [first, second, third] = records.map(({ nonce: version, bytes }, index) => {
    return { id: String(index), version, tail: bytes.subarray(1) };
  });
  const list = (after: string | undefined, limit: number) => driver.list("", { after, limit }, options);
  expect(await list(undefined, 2)).toEqual({ records: [first, second], next: "1" });
  expect(await list("1", 2)).toEqual({ records: [third], next: undefined });
  expect(await list(undefined, 3)).toEqual({ records: [first, second, third], next: undefined });
  expect(await list("2", 3)).toEqual({ records: [], next: undefined });
  // The cursor's own thread may be gone by now.
  expect(await list("00", 1)).toEqual({ records: [second], next: "1" });
  await driver.close();
});

test("a page costs a search in the index: no scan, no sorting, no chunk", async () => {
  const statements: string[] = [];
  const database = new Sqlite(":memory:", { verbose: (sql) => statements.push(String(sql)) });
  const driver = sqliteDriver({ database });
  await driver.list("n", { after: "a", limit: 10 }, options);
  const sql = statements.at(-1) ?? "";
  expect(sql).toContain("ORDER BY id");
  const plan = database.prepare<[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql}`).all();
  expect(plan.map(({ detail }) => detail)).toEqual([
    "SEARCH threadstore_threads USING INDEX sqlite_autoindex_threadstore_threads_1 (namespace=? AND id>?)",
  ]);
});

test("reading and writing search in indexes too", async () => {
  const statements: string[] = [];
  const database = new Sqlite(":memory:", { verbose: (sql) => statements.push(String(sql)) });
  const driver = sqliteDriver({ database });
  const first = record("a");
  await driver.write(key, first, undefined, options);
  statements.length = 0;
  await driver.read(key, undefined, options);
  const second = record("b");
  await driver.write(key, second, first.nonce, options);
  await driver.delete(key, second.nonce, options);
  const queries = statements.filter((sql) => /^(SELECT|INSERT|UPDATE|DELETE)/.test(sql));
  expect(queries).toHaveLength(6);
  for (const sql of queries) {
    const plan = database.prepare<[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql}`).all();
    // What a subquery is for, and reading what it found, are no search; how it searches is a line of its own.
    const steps = plan
      .map(({ detail }) => detail)
      .filter(
        (detail) => !/^(CORRELATED SCALAR SUBQUERY \d+|(CO-ROUTINE|SCAN) \(subquery-\d+\))$/.test(detail),
      );
    for (const step of steps) expect(step).toMatch(/^SEARCH .* USING (COVERING )?INDEX /);
  }
});
