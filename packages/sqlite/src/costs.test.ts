import { statSync } from "node:fs";
import { growThread } from "@threadstore/conformance";
import Sqlite from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { sqliteStore } from "./sqlite-store.ts";
import { temporaryFolder } from "./tools.test-helper.ts";

describe("a thread that grows", () => {
  /** What a thread of so many turns has written to the write-ahead log, which is then all of it. */
  async function written(turns: number): Promise<{ bytes: number; size: number }> {
    using folder = temporaryFolder();
    const path = folder.file();
    const database = new Sqlite(path);
    database.pragma("journal_mode = WAL");
    database.pragma("wal_autocheckpoint = 0");
    const store = sqliteStore({ database });
    await store.save("other", {});
    const before = statSync(`${path}-wal`).size;
    const { size } = await growThread(store, { id: "thread", turns });
    const bytes = statSync(`${path}-wal`).size - before;
    await store.close();
    database.close();
    return { bytes, size };
  }

  it("writes its pages that change: in 200 turns at most 14 times its size", async () => {
    const { bytes, size } = await written(200);
    expect(size).toBeGreaterThan(300_000);
    expect(bytes).toBeLessThan(14 * size);
  });

  it("writes in proportion: from 100 to 800 turns at most 10.5 times as much", async () => {
    const [short, long] = [await written(100), await written(800)];
    expect(long.bytes / short.bytes).toBeLessThan(10.5);
  });
});

describe("a call", () => {
  it("is one transaction, and touches the end of the thread alone", async () => {
    const statements: string[] = [];
    const database = new Sqlite(":memory:", {
      verbose: (sql) => statements.push(String(sql).split("\n")[0] ?? ""),
    });
    const store = sqliteStore({ database });
    const costOf = async (call: () => Promise<unknown>) => {
      statements.length = 0;
      await call();
      return statements.map((sql) => sql.trim().split(/\s+/u).slice(0, 3).join(" "));
    };
    const text = "x".repeat(100_000);
    const saved = await store.save("thread", { text });
    expect(await costOf(() => store.save("thread", { text, more: true }, { previous: saved }))).toEqual([
      "BEGIN IMMEDIATE",
      "UPDATE threadstore_threads SET",
      "INSERT INTO threadstore_chunks",
      "DELETE FROM threadstore_chunks",
      "COMMIT",
    ]);
    expect(await costOf(() => store.load("thread"))).toEqual(["SELECT version, CASE"]);
    const current = await store.load("thread");
    expect(await costOf(() => store.load("thread", { cached: current }))).toEqual(["SELECT version, CASE"]);
    await store.close();
  });
});
