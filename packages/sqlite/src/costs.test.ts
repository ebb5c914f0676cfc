import { statSync } from "node:fs";
import { growThread } from "@threadstore/conformance";
import type { SaveOptions, ThreadStore } from "@threadstore/core";
import { ALL_BY_ID } from "@threadstore/core/driver";
import { eraseWhere } from "@threadstore/core/maintenance";
import Sqlite from "better-sqlite3";
import { describe, expect, it, vi } from "vitest";
import { CHUNK_BYTES, END_MAX_BYTES } from "./schema.ts";
import { sqliteDriver, sqliteStore } from "./sqlite-store.ts";
import { options, record, temporaryFolder } from "./sqlite.test-helper.ts";

const KEY = { namespace: "", id: "thread" };

describe("a thread that grows", () => {
  /** Returns how many bytes a thread of this many turns writes to the write-ahead log, and its final size. */
  async function measureGrowth(turns: number): Promise<{ bytes: number; size: number }> {
    using folder = temporaryFolder();
    const path = folder.file();
    const database = new Sqlite(path);
    database.pragma("journal_mode = WAL");
    database.pragma("wal_autocheckpoint = 0");
    const store = sqliteStore({ database });
    await store.save("other", {});
    const bytesBefore = statSync(`${path}-wal`).size;
    const { size } = await growThread(store, { id: "thread", turns });
    const bytes = statSync(`${path}-wal`).size - bytesBefore;
    await store.close();
    database.close();
    return { bytes, size };
  }

  it("writes only changed pages: at most 10 times its size in 200 turns", async () => {
    const { bytes, size } = await measureGrowth(200);
    expect(size).toBeGreaterThan(300_000);
    expect(bytes).toBeLessThan(10 * size);
  });

  it("writes in proportion to its length: 800 turns at most 10.5 times as much as 100", async () => {
    const [short, long] = [await measureGrowth(100), await measureGrowth(800)];
    expect(long.bytes / short.bytes).toBeLessThan(10.5);
  });

  it("writes no chunk for a turn that fits into the row, and one for a longer turn", async () => {
    const database = new Sqlite(":memory:");
    const store = sqliteStore({ database });
    const messages = Array.from({ length: 200 }, (_, index) => `${index} ${"x".repeat(1600)}`);
    let saved = await store.save("thread", { messages });
    database.exec(`
      CREATE TEMP TABLE written (sequence INTEGER);
      CREATE TEMP TRIGGER a AFTER INSERT ON threadstore_chunks BEGIN INSERT INTO written VALUES (new.sequence); END;
      CREATE TEMP TRIGGER b AFTER UPDATE ON threadstore_chunks BEGIN INSERT INTO written VALUES (new.sequence); END;
    `);
    const lastChunk = Math.floor(saved.size / CHUNK_BYTES);
    saved = await store.save("thread", { messages: [...messages, "y"] }, { previous: saved });
    expect(database.prepare("SELECT sequence FROM written").pluck().all()).toEqual([]);
    saved = await store.save(
      "thread",
      { messages: [...messages, "y", "z".repeat(END_MAX_BYTES)] },
      { previous: saved },
    );
    expect(database.prepare("SELECT sequence FROM written").pluck().all()).toEqual([lastChunk]);
    expect((await store.load("thread"))?.json).toBe(saved.json);
    await store.close();
  });
});

describe("the statements of a call", () => {
  function recordStatements(): { readonly database: Sqlite.Database; readonly statements: string[] } {
    const statements: string[] = [];
    const database = new Sqlite(":memory:", { verbose: (sql) => statements.push(String(sql)) });
    return { database, statements };
  }

  function queryPlan(database: Sqlite.Database, sql: string): string[] {
    const plan = database.prepare<[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql}`).all();
    return plan.map(({ detail }) => detail);
  }

  it("form one transaction that writes only the end of the thread, or are one statement", async () => {
    const { database, statements } = recordStatements();
    const store = sqliteStore({ database });
    const statementsOf = async (call: () => Promise<unknown>) => {
      statements.length = 0;
      await call();
      return statements.map((sql) => sql.trim().split(/\s+/u).slice(0, 3).join(" "));
    };
    const text = "x".repeat(100_000);
    const saved = await store.save("thread", { text });
    expect(await statementsOf(() => store.save("new", { n: 1 }))).toEqual([
      "BEGIN IMMEDIATE",
      "INSERT INTO threadstore_threads",
      "COMMIT",
    ]);
    let previous = saved;
    const saveMore = (from: ThreadStore, more: string) => async () => {
      previous = await from.save("thread", { text, more }, { previous });
    };
    const update = "UPDATE threadstore_threads SET";
    expect(await statementsOf(saveMore(store, "a"))).toEqual([update]);
    // Another store, as in another process, does not know the row.
    const other = sqliteStore({ database });
    await other.load("other");
    const replace = ["BEGIN IMMEDIATE", "SELECT thread, (", update, "COMMIT"];
    expect(await statementsOf(saveMore(other, "b"))).toEqual(replace);
    expect(await statementsOf(saveMore(other, "c"))).toEqual([update]);
    expect(await statementsOf(saveMore(store, "d"))).toEqual(replace);
    expect(await statementsOf(() => store.load("thread"))).toEqual(["SELECT CASE typeof(version)"]);
    const current = await store.load("thread");
    expect(await statementsOf(() => store.load("thread", { cached: current }))).toEqual([
      "SELECT CASE typeof(version)",
    ]);
    await store.close();
  });

  it("delete the threads of a page of an erase in a few transactions, and those of other jobs, too", async () => {
    const transactionsOf = async (work: (store: ThreadStore) => Promise<unknown>): Promise<number> => {
      const { database, statements } = recordStatements();
      let time = Date.now();
      const store = sqliteStore({ database, now: () => time });
      const expiresAt = new Date(time + 500);
      for (let n = 0; n < 96; n += 1) await store.namespace("erased").save(`thread-${n}`, {});
      for (let n = 0; n < 96; n += 1) await store.namespace("expired").save(`thread-${n}`, {}, { expiresAt });
      time += 500;
      expect(await store.namespace("expired").load("thread-95")).toBeUndefined();
      statements.length = 0;
      await work(store);
      return statements.filter((sql) => sql.startsWith("BEGIN")).length;
    };
    // At most 16 deletes at a time. Some of them wait for another turn of the event loop.
    expect(await transactionsOf((store) => store.namespace("erased").erase())).toBeLessThan(15);
    expect(await transactionsOf((store) => store.namespace("expired").deleteExpired())).toBeLessThan(15);
    // A job that calls `delete`, which reads the version first, has at most 8 at a time.
    const all = (store: ThreadStore) => eraseWhere(store.namespace("erased"), {}, { prefix: "thread" });
    expect(await transactionsOf(all)).toBeLessThan(25);
    const together = (store: ThreadStore) =>
      Promise.all(Array.from({ length: 96 }, (_, n) => store.namespace("erased").delete(`thread-${n}`)));
    expect(await transactionsOf(together)).toBe(1);
  });

  it("are compiled by the first call that needs them, and once", async () => {
    const driver = sqliteDriver({ path: ":memory:" });
    const stored = record("x");
    await driver.read(KEY, undefined, options);
    const prepare = vi.spyOn(Sqlite.prototype, "prepare");
    const compiledBy = async (call: () => unknown): Promise<number> => {
      prepare.mockClear();
      await call();
      return prepare.mock.calls.length;
    };
    const calls = async (): Promise<readonly number[]> => [
      await compiledBy(() => driver.write(KEY, stored, undefined, options)),
      await compiledBy(() => driver.read(KEY, undefined, options)),
      await compiledBy(() => driver.list("", { ...ALL_BY_ID, limit: 1 }, options)),
      await compiledBy(() => driver.delete(KEY, stored.nonce, options)),
    ];
    expect(await calls()).toEqual([1, 0, 1, 3]);
    expect(await calls()).toEqual([0, 0, 0, 0]);
    prepare.mockRestore();
    await driver.close();
  });

  it("search an index for a page, without scanning, sorting or reading chunks", async () => {
    const { database, statements } = recordStatements();
    const driver = sqliteDriver({ database });
    await driver.list("n", { ...ALL_BY_ID, after: "aa", limit: 10, prefix: "a" }, options);
    const sql = statements.at(-1) ?? "";
    expect(sql).toContain("ORDER BY id");
    expect(queryPlan(database, sql)).toEqual([
      "SEARCH threadstore_threads USING INDEX sqlite_autoindex_threadstore_threads_1 (namespace=? AND id>? AND id<?)",
    ]);
  });

  const INDEX = "SEARCH threadstore_threads USING INDEX";
  const BY_THREAD = [
    "SEARCH threadstore_metadata USING PRIMARY KEY (hash=?)",
    "SEARCH threadstore_threads USING INTEGER PRIMARY KEY (rowid=?)",
    "USE TEMP B-TREE FOR ORDER BY",
  ];
  it.each([
    ["by recency", { order: "updated" }, [`${INDEX} threadstore_recency (namespace=? AND updated_at<?)`]],
    [
      "by recency with a prefix",
      { order: "updated", prefix: "a" },
      [
        `${INDEX} sqlite_autoindex_threadstore_threads_1 (namespace=? AND id>? AND id<?)`,
        "USE TEMP B-TREE FOR ORDER BY",
      ],
    ],
    ["where metadata matches, by id", { where: { owner: "ann" } }, BY_THREAD],
    ["where metadata matches, by recency", { order: "updated", where: { owner: "ann" } }, BY_THREAD],
  ] as const)("search an index for a page %s", async (_, request, plan) => {
    const { database, statements } = recordStatements();
    const driver = sqliteDriver({ database });
    await driver.list("n", { ...ALL_BY_ID, limit: 10, ...request }, options);
    const steps = queryPlan(database, statements.at(-1) ?? "");
    expect(steps.filter((step) => /threadstore|ORDER BY/u.test(step))).toEqual(plan);
  });

  it("change the index of metadata only if metadata changed", async () => {
    const { database, statements } = recordStatements();
    const store = sqliteStore({ database });
    const metadata = { owner: "ann", title: "Hello" };
    let saved = await store.save("a", { n: 1 }, { metadata });
    const changes = async (saveOptions: SaveOptions): Promise<string[]> => {
      statements.length = 0;
      saved = await store.save("a", { n: 2 }, { previous: saved, ...saveOptions });
      return statements.filter((sql) => sql.includes("threadstore_metadata")).map((sql) => sql.slice(0, 6));
    };
    expect(await changes({})).toEqual([]);
    expect(await changes({ metadata: { ...metadata } })).toEqual([]);
    expect(await changes({ metadata: { owner: "bob" } })).toEqual(["DELETE", "INSERT"]);
    expect(await changes({ metadata: {} })).toEqual(["DELETE"]);
    await store.close();
  });

  it("search indexes for reads, writes and deletes", async () => {
    const { database, statements } = recordStatements();
    const driver = sqliteDriver({ database });
    const first = record("a");
    await driver.write(KEY, first, undefined, options);
    statements.length = 0;
    await driver.read(KEY, undefined, options);
    const second = record("b");
    await driver.write(KEY, second, first.nonce, options);
    await driver.delete(KEY, second.nonce, options);
    const queries = statements.filter((sql) => /^(SELECT|INSERT|UPDATE|DELETE)/.test(sql));
    expect(queries).toHaveLength(8);
    // Subqueries and the scans of their results are not searches. Their own searches have separate lines.
    const isSubquery = /^(CORRELATED SCALAR SUBQUERY \d+|(CO-ROUTINE|SCAN) \(subquery-\d+\))$/;
    // The chunks are in the order of the index, and the end in the row follows them, without sorting.
    const isMerge = /^(MERGE \(UNION ALL\)|LEFT|RIGHT|SCAN CONSTANT ROW)$/;
    const steps = queries
      .flatMap((sql) => queryPlan(database, sql))
      .filter((step) => !isSubquery.test(step) && !isMerge.test(step));
    for (const step of steps)
      expect(step).toMatch(/^SEARCH .* USING (COVERING INDEX|INDEX|INTEGER PRIMARY KEY) /);
  });

  it("of an append are the same at 10,000 messages as at 100, and send and read only the end", async () => {
    const { database, statements } = recordStatements();
    const store = sqliteStore({ database });
    const appendTo = async (count: number): Promise<{ statements: string[]; length: number }> => {
      await store.save(`chat-${count}`, { messages: Array(count).fill("x".repeat(300)) });
      const other = sqliteStore({ database });
      await other.load("missing");
      statements.length = 0;
      await other.append(`chat-${count}`, ["y".repeat(300)], { key: "delivery" });
      return {
        statements: statements.map((sql) => sql.trim().slice(0, 12)),
        length: statements.join("").length,
      };
    };
    const [short, long] = [await appendTo(100), await appendTo(10_000)];
    expect(long.statements).toEqual(short.statements);
    expect(long.statements).toHaveLength(6);
    // Parameters are part of the text. One chunk is at most 16 KB in hexadecimal.
    expect(long.length).toBeLessThan(short.length + 2 * CHUNK_BYTES + 100);
    expect((await store.load("chat-10000"))?.thread["messages"]).toHaveLength(10_001);
    await store.close();
  });
});
