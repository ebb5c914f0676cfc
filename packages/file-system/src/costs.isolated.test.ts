import { stat } from "node:fs/promises";
import { join, relative } from "node:path";
import { growThread } from "@threadstore/conformance";
import type { ThreadStore, Version } from "@threadstore/core";
import { ALL_BY_ID, type AsyncThreadDriver } from "@threadstore/core/driver";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { fileSystemStore } from "./file-system-store.ts";
import {
  filesBelow,
  keyOf,
  openDriver,
  options,
  recordOf,
  temporaryFolder,
  writeText,
} from "./file-system.test-helper.ts";
import { interception, resetInterception } from "./intercepted-io.test-helper.ts";

vi.mock("./system/synchronous-io.ts", async (importOriginal) =>
  (await import("./intercepted-io.test-helper.ts")).interceptIo(await importOriginal()),
);
vi.mock("node:fs/promises", async (importOriginal) =>
  (await import("./intercepted-io.test-helper.ts")).interceptRm(await importOriginal()),
);

let folder: string;
let driver: AsyncThreadDriver;
const KEY = keyOf("thread");

beforeEach(async () => {
  folder = await temporaryFolder();
  driver = openDriver({ folder });
});
afterEach(resetInterception);

function save(expectedVersion: Version | undefined, text: string): Promise<Version> {
  return writeText(driver, KEY, text, expectedVersion);
}

describe("a thread that grows", () => {
  async function fileSizes(): Promise<number[]> {
    const files = await filesBelow(folder);
    return Promise.all(files.map(async (file) => (await stat(join(folder, file))).size));
  }

  it("writes at most 1.5 times its size in 200 turns", async () => {
    const saved = await growThread(fileSystemStore({ folder }), { id: "thread", turns: 200 });
    const [size = 0] = await fileSizes();
    expect(saved.size).toBeGreaterThan(300_000);
    expect(size).toBeLessThan(1.5 * saved.size);
    expect((await fileSystemStore({ folder }).load("thread"))?.json).toBe(saved.json);
  });

  it("writes in proportion to its length: 800 turns at most 9 times as much as 100", async () => {
    const store = fileSystemStore({ folder, durability: "process" });
    let short = 0;
    await growThread(store, {
      id: "thread",
      turns: 800,
      onTurn: async (_stored, turn) => {
        if (turn === 99) [short = 0] = await fileSizes();
      },
    });
    const [long = 0] = await fileSizes();
    expect(long / short).toBeLessThan(9);
  });
});

it("a save that adds to a thread makes nine system calls", async () => {
  const store = fileSystemStore({ folder });
  const first = await store.save("thread", { messages: ["a"] });
  const previous = await store.save("thread", { messages: ["a", "b"] }, { previous: first });
  let calls = 0;
  interception.called = () => void (calls += 1);
  await store.save("thread", { messages: ["a", "b", "c"] }, { previous });
  // Opens, syncs and closes of the segment and of the thread's folder; size and write of the segment; a rename.
  expect(calls).toBe(9);
});

describe("the changes to the disk, in order", () => {
  async function record(run: () => Promise<unknown>): Promise<string[]> {
    const lines: string[] = [];
    interception.before = async (name, path) => {
      if (name !== "renamed") lines.push(`${name} ${relative(folder, path)}`);
    };
    await run();
    resetInterception();
    return lines.map((line) => line.replaceAll(/[0-9a-f]{24,}(-[0-9a-f]+)*/g, "*"));
  }

  it("of a replacement: write and sync the segment, sync its folder, rename, sync the thread, remove the old segment", async () => {
    const first = await save(undefined, "first");
    expect(await record(() => save(first, "second"))).toEqual([
      "write threads/thread/*/*.segment",
      "sync threads/thread/*/*.segment",
      "sync threads/thread/*",
      "rename threads/thread/*",
      "sync threads/thread",
      "unlink threads/thread/*/*.segment",
    ]);
  });

  it("of a creation: write and sync the segment, sync the staged folders, rename, sync the namespace", async () => {
    await driver.write(keyOf("other", "tenant"), recordOf("x"), undefined, options);
    const create = () => driver.write(keyOf("thread", "tenant"), recordOf("x"), undefined, options);
    expect(await record(create)).toEqual([
      "write .tmp/*/*/*.segment",
      "sync .tmp/*/*/*.segment",
      "sync .tmp/*/*",
      "sync .tmp/*",
      "rename .tmp/*",
      "sync namespaces/tenant",
      "sync namespaces",
    ]);
  });

  it("of a delete: rename, sync the thread, remove the content", async () => {
    const first = await save(undefined, "first");
    expect(await record(() => driver.delete(KEY, first, options))).toEqual([
      "rename threads/thread/*",
      "sync threads/thread",
      "rm .trash/*",
    ]);
  });
});

describe("a page of a listing", () => {
  it.each(["id", "updated"] as const)("by %s opens only the files of its threads", async (order) => {
    for (let n = 0; n < 40; n += 1) {
      const record = { ...recordOf(`record ${n}`), updatedAt: n };
      await driver.write(keyOf(`thread-${n}`), record, undefined, options);
    }
    const opened: string[] = [];
    interception.opened = (path) => void opened.push(path);
    const page = await driver.list("", { ...ALL_BY_ID, order, limit: 5 }, options);
    expect(page.records).toHaveLength(5);
    // One more than the page has, which shows whether another page follows.
    expect(opened).toHaveLength(6);
  });
});

describe("an append of another process", () => {
  /** Resolves with the bytes and system calls of a change by a new process. */
  async function costOf(
    change: (store: ThreadStore) => Promise<unknown>,
  ): Promise<{ bytes: number; calls: number }> {
    let [bytes, calls] = [0, 0];
    interception.transferred = (count) => void (bytes += count);
    interception.called = () => void (calls += 1);
    await change(fileSystemStore({ folder }));
    resetInterception();
    return { bytes, calls };
  }

  it("takes at most 1.5 times as many bytes and system calls at 10,000 messages as at 100", async () => {
    const appendTo = async (count: number): Promise<{ bytes: number; calls: number }> => {
      const messages = Array(count).fill("x".repeat(300));
      await fileSystemStore({ folder }).save(`chat-${count}`, { messages });
      return costOf((store) => store.append(`chat-${count}`, ["y".repeat(300)], { key: "delivery" }));
    };
    const [shorter, short, long] = [await appendTo(100), await appendTo(300), await appendTo(10_000)];
    for (const other of [shorter, short]) {
      expect(long.bytes).toBeLessThan(1.5 * other.bytes);
      expect(long.calls).toBeLessThanOrEqual(1.5 * other.calls);
    }
    expect(long.bytes).toBeLessThan(40_000);
    const touched = await costOf((store) => store.touch("chat-10000", { ttlMs: 1_000_000 }));
    expect(touched.bytes).toBeLessThan(40_000);
    const stored = await fileSystemStore({ folder }).load("chat-10000");
    expect(stored?.thread["messages"]).toHaveLength(10_001);
  });

  it("and of 40 others, one after the other, never copies a long record", async () => {
    const appendTo = async (count: number): Promise<number[]> => {
      const id = `chat-${count}`;
      const first = fileSystemStore({ folder });
      await first.save(id, { messages: Array(count).fill("x".repeat(300)) });
      await first.append(id, ["in the same segment"]);
      const costs: number[] = [];
      for (let process = 0; process < 40; process += 1) {
        const { bytes } = await costOf((store) => store.append(id, ["y".repeat(300)]));
        costs.push(bytes);
      }
      expect((await filesBelow(folder)).length).toBeLessThanOrEqual(2 * 8);
      expect((await fileSystemStore({ folder }).load(id))?.thread["messages"]).toHaveLength(count + 41);
      return costs;
    };
    const [short, long] = [await appendTo(300), await appendTo(10_000)];
    const total = (costs: number[]): number => costs.reduce((sum, bytes) => sum + bytes, 0);
    expect(total(long)).toBeLessThan(1.5 * total(short));
    expect(Math.max(...long)).toBeLessThan(40_000);
  });

  it("that follows a save of metadata alone reads only the end of the record", async () => {
    const store = fileSystemStore({ folder });
    const saved = await store.save("chat", { messages: Array(1000).fill("x".repeat(300)) });
    await store.save("chat", saved.thread, { previous: saved, metadata: { title: "T" } });
    const { bytes } = await costOf((other) => other.append("chat", ["y"]));
    expect(bytes).toBeLessThan(40_000);
  });
});
