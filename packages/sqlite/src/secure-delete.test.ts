import { fork } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { StoredThread, ThreadStore } from "@threadstore/core";
import { applyRetention, eraseWhere } from "@threadstore/core/maintenance";
import Sqlite from "better-sqlite3";
import { describe, expect, it, vi } from "vitest";
import { sqliteStore } from "./sqlite-store.ts";
import { temporaryFolder } from "./sqlite.test-helper.ts";

const CHILD = fileURLToPath(new URL("secure-delete-child.test-helper.ts", import.meta.url));
const HOUR = 3_600_000;

/** Text that no other content contains. */
function newMarker(): string {
  return `marker-${randomBytes(12).toString("hex")}`;
}

/** Returns all markers in the bytes of the files in a folder. */
function markersIn(folder: string): Set<string> {
  const texts = readdirSync(folder).map((file) => readFileSync(join(folder, file), "latin1"));
  return new Set(texts.flatMap((text) => [...text.matchAll(/marker-[0-9a-f]{24}/gu)].map(([each]) => each)));
}

/** Saves threads of many sizes, so that what is removed is between others. */
async function fill(store: ThreadStore): Promise<void> {
  for (let n = 0; n < 20; n += 1) {
    await store.save(`filler-${n}`, { text: "x".repeat(n * 900) }, { metadata: { title: `Filler ${n}` } });
  }
}

/** Saves a thread whose id, metadata, and content at several places contain the marker. */
async function saveMarked(store: ThreadStore, marker: string): Promise<StoredThread> {
  const texts = Array.from({ length: 20 }, (_, n) => `${marker} ${"y".repeat(n * 211)}`);
  const metadata = { kind: "old", title: marker };
  return store.save("t", { texts }, { metadata, ttlMs: HOUR });
}

/** The ways to remove what `saveMarked` has saved. */
const REMOVALS: Readonly<Record<string, (store: ThreadStore, saved: StoredThread) => Promise<unknown>>> = {
  "a delete": (store, previous) => store.delete("t", { previous }),
  "an erase": (store) => store.erase(),
  "a shorter save": (store, previous) => store.save("t", {}, { previous, metadata: {} }),
  "a longer save": (store, previous) =>
    store.save("t", { text: "z".repeat(90_000) }, { previous, metadata: {} }),
  "an overwriting save": (store) => store.save("t", { text: "z" }, { overwrite: true, metadata: {} }),
  "a retention policy": async (store) => {
    await store.save("newer", {}, { metadata: { kind: "old" } });
    return applyRetention(store, { keepNewest: 1, where: { kind: "old" } });
  },
  "an erasure by owner": (store) => eraseWhere(store, { kind: "old" }),
};

describe("with `secureDelete`", () => {
  it.each(Object.entries(REMOVALS))("the files do not contain what %s has removed", async (_, remove) => {
    using folder = temporaryFolder();
    const marker = newMarker();
    await using store = sqliteStore({ path: folder.file(), secureDelete: true });
    await fill(store);
    const saved = await saveMarked(store, marker);
    await fill(store.namespace("after"));
    expect(markersIn(folder.path)).toContain(marker);
    await remove(store, saved);
    expect(markersIn(folder.path)).toEqual(new Set());
    await store.close();
    expect(markersIn(folder.path)).toEqual(new Set());
  });

  it("the files do not contain what has expired, after `deleteExpired`", async () => {
    using folder = temporaryFolder();
    let time = Date.now();
    await using store = sqliteStore({ path: folder.file(), secureDelete: true, now: () => time });
    await fill(store);
    await saveMarked(store, newMarker());
    time += 2 * HOUR;
    expect(markersIn(folder.path).size).toBe(1);
    expect(await store.deleteExpired()).toEqual({ deleted: 1 });
    expect(markersIn(folder.path)).toEqual(new Set());
  });

  it("the files do not contain what a touch and an append have replaced", async () => {
    using folder = temporaryFolder();
    await using store = sqliteStore({ path: folder.file(), secureDelete: true });
    for (const title of [newMarker(), newMarker(), newMarker()]) {
      await store.save("t", { messages: ["a"] }, { overwrite: true, metadata: { title } });
      expect(markersIn(folder.path)).toEqual(new Set([title]));
      await store.touch("t", { metadata: { title: "Renamed" } });
      expect(markersIn(folder.path)).toEqual(new Set());
      await store.touch("t", { metadata: { title } });
      await store.append("t", ["b"], { metadata: {} });
      expect(markersIn(folder.path)).toEqual(new Set());
    }
  });

  it("the files contain only what is stored, whatever is saved and deleted", async () => {
    using folder = temporaryFolder();
    const [one, two] = [1, 2].map(() => sqliteStore({ path: folder.file(), secureDelete: true }));
    if (one === undefined || two === undefined) throw new Error("Unreachable.");
    const stored = new Map<string, string>();
    const checks: (readonly [step: number, inFiles: string[], inStore: string[]])[] = [];
    const random = (below: number): number => Math.floor(Math.random() * below);
    for (let step = 0; step < 150; step += 1) {
      const [store, id] = [random(2) === 0 ? one : two, `${random(25)}`.repeat(1 + random(30))];
      if (random(3) === 0) {
        await store.delete(id);
        stored.delete(id);
      } else {
        const marker = newMarker();
        // Sizes on both sides of a page, and of a chunk with its overflow pages.
        const text = "x".repeat(random(5) === 0 ? random(60_000) : random(4500));
        const metadata = random(2) === 0 ? { text } : {};
        await store.save(id, { marker, text }, { overwrite: true, metadata });
        stored.set(id, marker);
      }
      if (step % 10 !== 0) continue;
      checks.push([step, [...markersIn(folder.path)].toSorted(), [...stored.values()].toSorted()]);
    }
    expect(checks.map(([step, inFiles]) => [step, inFiles])).toEqual(
      checks.map(([step, , inStore]) => [step, inStore]),
    );
    for (const id of stored.keys()) await one.delete(id);
    expect(markersIn(folder.path)).toEqual(new Set());
    await Promise.all([one.close(), two.close()]);
  });

  it("a reader delays that, but not the delete, and the next call makes up for it", async () => {
    using folder = temporaryFolder();
    await using store = sqliteStore({ path: folder.file(), secureDelete: true });
    await fill(store);
    await saveMarked(store, newMarker());
    const reader = new Sqlite(folder.file(), { readonly: true });
    reader.exec("BEGIN");
    reader.prepare("SELECT count(*) FROM threadstore_threads").get();
    expect(await store.delete("t")).toBe(true);
    expect(markersIn(folder.path).size).toBe(1);
    // Only the first of these calls waits for the reader.
    const start = performance.now();
    for (let n = 0; n < 50; n += 1) await store.load(`filler-${n}`);
    expect(performance.now() - start).toBeLessThan(4000);
    expect(markersIn(folder.path).size).toBe(1);
    reader.exec("COMMIT");
    await store.load("t");
    expect(markersIn(folder.path)).toEqual(new Set());
    reader.close();
  });

  it("closing makes up for it, while other connections are open", async () => {
    using folder = temporaryFolder();
    const store = sqliteStore({ path: folder.file(), secureDelete: true });
    await saveMarked(store, newMarker());
    const reader = new Sqlite(folder.file(), { readonly: true });
    reader.exec("BEGIN");
    reader.prepare("SELECT count(*) FROM threadstore_threads").get();
    await store.delete("t");
    reader.exec("COMMIT");
    expect(markersIn(folder.path).size).toBe(1);
    await store.close();
    expect(markersIn(folder.path)).toEqual(new Set());
    reader.close();
  });

  it("the first call removes what a killed process has left in the log", async () => {
    using folder = temporaryFolder();
    const marker = newMarker();
    const child = fork(CHILD, [folder.file(), marker], { execArgv: [] });
    expect(await once(child, "exit")).toEqual([null, "SIGKILL"]);
    expect(markersIn(folder.path)).toEqual(new Set([marker]));
    await using store = sqliteStore({ path: folder.file(), secureDelete: true });
    expect(await store.load("t")).toBeUndefined();
    expect(markersIn(folder.path)).toEqual(new Set());
  });

  it.each(["wal", "delete"])(
    "works on a connection with journal mode %s, and keeps its timeout",
    async (mode) => {
      using folder = temporaryFolder();
      const database = new Sqlite(folder.file(), { timeout: 1234 });
      database.pragma(`journal_mode = ${mode}`);
      const store = sqliteStore({ database, secureDelete: true });
      await fill(store);
      await saveMarked(store, newMarker());
      expect(markersIn(folder.path).size).toBe(1);
      await store.delete("t");
      expect(markersIn(folder.path)).toEqual(new Set());
      expect(database.pragma("busy_timeout", { simple: true })).toBe(1234);
      await store.close();
      database.close();
    },
  );

  it("creating a thread does not truncate the log, and other changes do", async () => {
    using folder = temporaryFolder();
    await using store = sqliteStore({ path: folder.file(), secureDelete: true });
    const logSize = (): number => statSync(`${folder.file()}-wal`).size;
    const saved = await store.save("t", { messages: [] });
    expect(logSize()).toBeGreaterThan(0);
    await store.load("t");
    expect(logSize()).toBeGreaterThan(0);
    await store.save("t", { messages: [1] }, { previous: saved });
    expect(logSize()).toBe(0);
    await store.append("t", [2]);
    expect(logSize()).toBe(0);
    await store.delete("t");
    expect(logSize()).toBe(0);
  });

  it("sorts in memory instead of in temporary files", async () => {
    using folder = temporaryFolder();
    const pragma = vi.spyOn(Sqlite.prototype, "pragma");
    for (const secureDelete of [true, false]) {
      pragma.mockClear();
      const store = sqliteStore({ path: folder.file(), secureDelete });
      await store.load("t");
      expect(pragma.mock.calls.flat().includes("temp_store = MEMORY")).toBe(secureDelete);
      await store.close();
    }
    pragma.mockRestore();
  });

  it("works in memory and on a connection that can only read", async () => {
    using folder = temporaryFolder();
    await using inMemory = sqliteStore({ path: ":memory:", secureDelete: true });
    await inMemory.save("t", {});
    expect(await inMemory.delete("t")).toBe(true);
    const writer = sqliteStore({ path: folder.file() });
    await writer.save("t", {});
    const database = new Sqlite(folder.file(), { readonly: true });
    await using reader = sqliteStore({ database, secureDelete: true });
    expect(await reader.load("t")).toBeDefined();
    await writer.close();
    database.close();
  });

  it("reports a log that cannot be truncated, and does not pretend that the delete failed", async () => {
    using folder = temporaryFolder();
    const database = new Sqlite(folder.file());
    database.pragma("journal_mode = WAL");
    const store = sqliteStore({ database, secureDelete: true, maxRetries: 0 });
    await store.save("t", {});
    const pragma = database.pragma.bind(database);
    database.pragma = (source: string, options) => {
      if (!source.startsWith("wal_checkpoint")) return pragma(source, options);
      throw Object.assign(new Error("database or disk is full"), {
        name: "SqliteError",
        code: "SQLITE_FULL",
      });
    };
    // The stored record shows that a save was applied. After a delete, there is none that could show it.
    await store.save("t", { n: 1 }, { overwrite: true });
    await expect(store.delete("t")).rejects.toMatchObject({ code: "OUTCOME_UNKNOWN" });
    expect(await store.load("t")).toBeUndefined();
    database.pragma = pragma;
    await store.load("t");
    expect(statSync(`${folder.file()}-wal`).size).toBe(0);
    await store.close();
    database.close();
  });
});

it("without `secureDelete`, the files still contain what was deleted", async () => {
  using folder = temporaryFolder();
  await using store = sqliteStore({ path: folder.file() });
  await saveMarked(store, newMarker());
  await store.delete("t");
  expect(markersIn(folder.path).size).toBe(1);
});
