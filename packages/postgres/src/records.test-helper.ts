import { randomBytes } from "node:crypto";
import { ALL_BY_ID, type AsyncThreadDriver } from "@threadstore/core/driver";
import { afterAll, expect, test } from "vitest";
import type { PostgresDriverOptions } from "./options.ts";
import { postgresDriver, postgresStore } from "./postgres-store.ts";
import { callOptions, type Direct, dropTables, freshPrefix, record, textAt } from "./postgres.test-helper.ts";
import { CHUNK_BYTES } from "./schema.ts";
/** The client of some tests, and what they share. */
interface Subject {
  readonly source: PostgresDriverOptions;
  readonly driver: AsyncThreadDriver;
  readonly direct: Direct;
  readonly tablePrefix: string;
}

/** Defines the tests for one kind of client. */
export function testRecords(source: PostgresDriverOptions, direct: Direct): void {
  const tablePrefix = freshPrefix();
  const driver = postgresDriver({ ...source, tablePrefix });
  afterAll(async () => {
    await driver.close();
    await dropTables(direct, tablePrefix);
  });
  const subject = { source, driver, direct, tablePrefix };
  testWrites(subject);
  testLongRecords(subject);
  testReads(subject);
  testColumns(subject);
  testNames(subject);
}

function testWrites({ driver, direct, tablePrefix }: Subject): void {
  async function chunkLengths(): Promise<unknown[]> {
    const rows = await direct(`SELECT length(bytes) AS length FROM ${tablePrefix}chunks ORDER BY sequence`);
    return rows.map(({ length }) => length);
  }

  test("a write replaces the changed end, in whole chunks, and leaves nothing of a longer record", async () => {
    const at = { namespace: "", id: "ends" };
    const a = "a".repeat(CHUNK_BYTES);
    const steps: [payload: string, unchanged: number][] = [
      ["abcdef", 0],
      ["abcXYZ123", 3],
      [a, 1],
      [`${a}b`, CHUNK_BYTES],
      [`${a}bc`, CHUNK_BYTES + 1],
      [`${a}${a}${a}`, CHUNK_BYTES],
      [`${a}${a}é`, 2 * CHUNK_BYTES],
      [`${a}${a}`, 2 * CHUNK_BYTES],
      [`${a}x${a}`, CHUNK_BYTES],
      [a.slice(1), CHUNK_BYTES - 1],
      ["", 0],
      [`longer than ever ${a.repeat(40)}`, 0],
    ];
    let version: string | undefined;
    for (const [payload, unchanged] of steps) {
      const next = record(payload, { unchanged });
      expect(await driver.write(at, next, version, callOptions)).toBe(next.nonce);
      version = next.nonce;
      expect(await textAt(driver, "ends")).toBe(`${payload}}`);
      const size = Buffer.byteLength(payload);
      const lengths = Array.from({ length: Math.ceil(size / CHUNK_BYTES) }, (_, n) =>
        Math.min(CHUNK_BYTES, size - n * CHUNK_BYTES),
      );
      expect(await chunkLengths()).toEqual(lengths);
    }
    expect(await driver.delete(at, version ?? "", callOptions)).toBe(true);
    expect(await chunkLengths()).toEqual([]);
  });
}

function testLongRecords({ driver }: Subject): void {
  test("a long record is read whole, whatever characters continue in another part", async () => {
    for (const character of ["a", "é", "漢", "😀"]) {
      for (let shift = 0; shift < Buffer.byteLength(character); shift += 1) {
        const at = { namespace: "long", id: `${character}${shift}` };
        const written = record(`${"a".repeat(shift)}${character.repeat(100_000)}`);
        await driver.write(at, written, undefined, callOptions);
        const stored = await driver.read(at, undefined, callOptions);
        expect(Buffer.compare(stored?.bytes ?? Buffer.alloc(0), written.bytes)).toBe(0);
        expect((await driver.read(at, written.nonce, callOptions))?.bytes).toBeUndefined();
        await driver.delete(at, written.nonce, callOptions);
      }
    }
  });
}

function testReads({ driver }: Subject): void {
  test("any byte in a record and any character in a namespace and id is preserved", async () => {
    const payload = Buffer.from(Array.from({ length: 256 }, (_, value) => value));
    const at = { namespace: "n\0'\\\r\n", id: "\0\r\n';\\x00$1%_😀" };
    const written = record(payload);
    await driver.write(at, written, undefined, callOptions);
    const stored = await driver.read(at, undefined, callOptions);
    expect(stored).toEqual({ version: written.nonce, nonce: written.nonce, bytes: written.bytes });
    const { records } = await driver.list(at.namespace, { ...ALL_BY_ID, limit: 5 }, callOptions);
    expect(records.map(({ id }) => id)).toEqual([at.id]);
    expect(await driver.delete(at, written.nonce, callOptions)).toBe(true);
  });

  test("the longest names fit into the indexes, even if they cannot be compressed", async () => {
    const at = {
      namespace: randomBytes(1152).toString("base64url"),
      id: randomBytes(384).toString("base64url"),
    };
    const written = record("x");
    expect(await driver.write(at, written, undefined, callOptions)).toBe(written.nonce);
    const page = { ...ALL_BY_ID, limit: 5, prefix: at.id };
    const { records } = await driver.list(at.namespace, page, callOptions);
    expect(records.map(({ id }) => id)).toEqual([at.id]);
    expect(await driver.delete(at, written.nonce, callOptions)).toBe(true);
  });

  test("a read omits the bytes of a cached version", async () => {
    const at = { namespace: "", id: "cached" };
    const { nonce, ...first } = record("x".repeat(3 * CHUNK_BYTES));
    await driver.write(at, { nonce, ...first }, undefined, callOptions);
    expect(await driver.read(at, nonce, callOptions)).toMatchObject({ version: nonce, bytes: undefined });
    expect(await driver.read(at, "another", callOptions)).toMatchObject({
      version: nonce,
      bytes: first.bytes,
    });
  });
}

function testColumns({ driver, direct, tablePrefix }: Subject): void {
  test("an expiry is stored for operators, and cleared by a write without one", async () => {
    const at = { namespace: "", id: "expiring" };
    const expiresAt = Date.UTC(2040, 1, 2, 3, 4, 5, 678);
    const first = record("a", { expiresAt });
    await driver.write(at, first, undefined, callOptions);
    const expiry = `SELECT round(extract(epoch FROM expires_at) * 1000)::text AS at FROM ${tablePrefix}threads WHERE id = $1`;
    expect(await direct(expiry, [Buffer.from(at.id)])).toEqual([{ at: String(expiresAt) }]);
    await driver.write(at, record("b"), first.nonce, callOptions);
    expect(await direct(expiry, [Buffer.from(at.id)])).toEqual([{ at: null }]);
  });
}

function testNames({ source, driver, direct }: Subject): void {
  test("a listing is in the order of the ids' bytes, in each namespace on its own", async () => {
    const namespace = "ordered";
    for (const id of ["é", "a", "Z", "\0", "a\0", "😀", "\uffff"])
      await driver.write({ namespace, id }, record("x"), undefined, callOptions);
    await driver.write({ namespace: "ordered\0", id: "elsewhere" }, record("x"), undefined, callOptions);
    const ids: string[] = [];
    for (let after: string | undefined; ;) {
      const { records, next } = await driver.list(namespace, { ...ALL_BY_ID, after, limit: 3 }, callOptions);
      ids.push(...records.map(({ id }) => id));
      if (next === undefined) break;
      after = next;
    }
    expect(ids).toEqual(["\0", "Z", "a", "a\0", "é", "\uffff", "😀"]);
    expect(await driver.list("empty", { ...ALL_BY_ID, limit: 3 }, callOptions)).toEqual({
      records: [],
      next: undefined,
    });
  });

  test("stores with different prefixes share nothing", async () => {
    const prefixes = [freshPrefix(), freshPrefix()];
    const [one, two] = prefixes.map((prefix) => postgresStore({ ...source, tablePrefix: prefix }));
    await one?.save("thread", { of: "one" });
    expect(await two?.load("thread")).toBeUndefined();
    await two?.save("thread", { of: "two" });
    expect(await two?.delete("thread")).toBe(true);
    expect((await one?.load("thread"))?.thread).toEqual({ of: "one" });
    expect((await two?.listPage())?.threads).toEqual([]);
    await Promise.all([one?.close(), two?.close()]);
    for (const prefix of prefixes) await dropTables(direct, prefix);
  });
}
