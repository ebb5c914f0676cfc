import { randomBytes } from "node:crypto";
import { renameSync } from "node:fs";
import { readdir, rm, stat, truncate } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { StoredThread, ThreadStore } from "@threadstore/core";
import { createThreadStore, type RecordPatch, type AsyncThreadDriver } from "@threadstore/core/driver";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { fileSystemStore } from "./file-system-store.ts";
import { filesBelow, keyOf, openDriver, options, temporaryFolder } from "./file-system.test-helper.ts";
import {
  interception,
  pauseBefore,
  resetInterception,
  VERSION_FOLDER,
} from "./intercepted-io.test-helper.ts";
import { locationOf, newVersion } from "./version.ts";

vi.mock("./system/synchronous-io.ts", async (importOriginal) =>
  (await import("./intercepted-io.test-helper.ts")).interceptIo(await importOriginal()),
);

let folder: string;
const KEY = keyOf("thread");

beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(resetInterception);

/** Opens a store as another process would. */
function open(): ThreadStore {
  return fileSystemStore({ folder, durability: "process" });
}

function messages(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${index} `.padEnd(200, "message "));
}

async function load(): Promise<StoredThread> {
  const stored = await open().load("thread");
  if (stored === undefined) throw new Error("The thread is missing.");
  return stored;
}

async function totalSize(): Promise<number> {
  const sizes = (await filesBelow(folder)).map(async (file) => (await stat(join(folder, file))).size);
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

/** Returns the patch with which core would append to the thread. */
async function patchAfter(driver: AsyncThreadDriver): Promise<{ version: string; patch: RecordPatch }> {
  let captured: RecordPatch | undefined;
  const capturing: AsyncThreadDriver = {
    ...driver,
    patch: async (_key, patch, expectedVersion) => {
      captured = patch;
      return expectedVersion;
    },
  };
  const { version } = await createThreadStore(capturing).append("thread", ["late"]);
  if (captured === undefined) throw new Error("Nothing was appended.");
  return { version, patch: captured };
}

describe("an append", () => {
  it("adds a segment to a large thread that another process wrote, and then appends to it", async () => {
    const [first, second] = [open(), open()];
    await first.save("thread", { messages: messages(500) });
    for (const element of ["a", "b", "c"]) await second.append("thread", [element]);
    await first.append("thread", ["d"]);
    await second.touch("thread", { metadata: { title: "T" } });
    expect(await filesBelow(folder)).toHaveLength(2);
    const stored = await load();
    expect(stored.thread).toEqual({ messages: [...messages(500), "a", "b", "c", "d"] });
    expect(stored.metadata).toEqual({ title: "T" });
  });

  it("copies a small thread that another process wrote", async () => {
    await open().save("thread", { messages: ["a"] });
    await open().append("thread", ["b"]);
    expect(await filesBelow(folder)).toHaveLength(1);
    expect((await load()).thread).toEqual({ messages: ["a", "b"] });
  });

  it("of each of 20 processes keeps at most eight segments", async () => {
    await open().save("thread", { messages: messages(500) });
    const added: string[] = [];
    for (let count = 0; count < 20; count += 1) {
      added.push(`added ${count}`);
      await open().append("thread", added.slice(-1));
      expect((await filesBelow(folder)).length).toBeLessThanOrEqual(8);
    }
    expect((await load()).thread).toEqual({ messages: [...messages(500), ...added] });
  });

  it("follows a save whose frame shows less than the end of the array", async () => {
    const store = open();
    const saved = await store.save("thread", { messages: messages(500) });
    await store.save("thread", saved.thread, { previous: saved, metadata: { title: "T" } });
    await open().append("thread", ["a"]);
    expect((await load()).thread).toEqual({ messages: [...messages(500), "a"] });
  });

  it("makes the thread the latest, and works for an id that is too long for a name", async () => {
    const id = "X".repeat(512);
    let time = 1000;
    const store = fileSystemStore({ folder, durability: "process", now: () => (time += 1000) });
    await store.save(id, { messages: [] });
    await store.save("other", {});
    await store.append(id, ["a"]);
    const ids = async () => (await store.listPage({ order: "updated" })).threads.map((thread) => thread.id);
    expect(await ids()).toEqual([id, "other"]);
    await store.touch("other");
    expect(await ids()).toEqual(["other", id]);
    expect((await store.load(id))?.thread).toEqual({ messages: ["a"] });
  });

  it("rewrites the record in time: after 1000 appends the files have at most twice its size and 64 KiB", async () => {
    const store = open();
    await store.save("thread", { messages: [] });
    let largest = 0;
    for (let count = 0; count < 1000; count += 1) {
      await store.append("thread", [count]);
      if (count % 20 === 0) largest = Math.max(largest, await totalSize());
    }
    const stored = await load();
    expect(stored.thread["messages"]).toEqual(Array.from({ length: 1000 }, (_, index) => index));
    expect(largest).toBeLessThan(2 * stored.size + 65_536 + 1000);
  });
});

describe("a touch", () => {
  it("makes the trailer longer and shorter and leaves the thread as it is", async () => {
    const writers = [open(), open()] as const;
    const { json } = await writers[0].save("thread", { messages: messages(500) });
    for (const [index, length] of [10, 20_000, 65_000, 0, 16_300, 5].entries()) {
      const metadata = { summary: "s".repeat(length) };
      await writers[index % 2 === 0 ? 0 : 1].touch("thread", { metadata });
      const stored = await load();
      expect(stored.json).toBe(json);
      expect(stored.metadata).toEqual(metadata);
    }
    await open().append("thread", ["a"]);
    expect((await load()).thread).toEqual({ messages: [...messages(500), "a"] });
  });
});

describe("races", () => {
  it("of appends by several processes lose no element", async () => {
    await open().save("thread", { messages: messages(500) });
    const added = Array.from({ length: 4 }, (_, writer) => [0, 1, 2, 3].map((n) => `${writer} ${n}`));
    await Promise.all(
      added.map(async (elements) => {
        const store = fileSystemStore({ folder, durability: "process", maxRetries: 100 });
        for (const element of elements) await store.append("thread", [element]);
      }),
    );
    const [...stored] = (await load()).thread["messages"] as string[];
    expect(stored.slice(500).toSorted()).toEqual(added.flat().toSorted());
  });

  it.each([1, 20])("are lost after %i other appends without remains", async (count) => {
    const first = open();
    await first.save("thread", { messages: messages(500) });
    const late = openDriver({ folder });
    const { version, patch } = await patchAfter(late);
    const paused = pauseBefore("rename", VERSION_FOLDER);
    const lost = late.patch(KEY, patch, version, options);
    await paused.reached;
    for (let n = 0; n < count; n += 1) await first.append("thread", [n]);
    paused.resume();
    expect(await lost).toBeUndefined();
    expect(await late.patch(KEY, patch, version, options)).toBeUndefined();
    expect(await filesBelow(folder)).toHaveLength(1);
    expect((await load()).thread["messages"]).toHaveLength(500 + count);
  });

  it("are lost to a delete", async () => {
    await open().save("thread", { messages: messages(500) });
    const driver = openDriver({ folder });
    const { version, patch } = await patchAfter(driver);
    await driver.delete(KEY, version, options);
    expect(await driver.patch(KEY, patch, version, options)).toBeUndefined();
    expect(await filesBelow(folder)).toEqual([]);
  });

  it("withdraw the segment of an append that is aborted", async () => {
    await open().save("thread", { messages: messages(500) });
    const driver = openDriver({ folder });
    const { version, patch } = await patchAfter(driver);
    const controller = new AbortController();
    const paused = pauseBefore("sync", VERSION_FOLDER);
    const late = driver.patch(KEY, patch, version, { signal: controller.signal });
    await paused.reached;
    controller.abort(new Error("aborted"));
    paused.resume();
    await expect(late).rejects.toBe(controller.signal.reason);
    expect(await filesBelow(folder)).toHaveLength(1);
  });
});

describe("a folder that is renamed meanwhile", () => {
  /** Renames the version's folder when a segment in it is opened for the given time, as a save of another process does. */
  function renameAtOpening(number: number): { newName: () => string } {
    let opened = 0;
    let newName = "";
    interception.opened = (path) => {
      if (!path.endsWith(".segment")) return;
      opened += 1;
      if (opened !== number) return;
      const version = dirname(path);
      const location = locationOf(basename(version));
      if (location === undefined) throw new Error("The segment is not in the folder of a version.");
      newName = newVersion(location, 1);
      renameSync(version, join(dirname(version), newName));
    };
    return { newName: () => newName };
  }

  it("does not affect a read of the end", async () => {
    await open().save("thread", { messages: messages(500) });
    const { newName } = renameAtOpening(1);
    const tail = await openDriver({ folder }).readTail(KEY, options);
    expect(tail?.version).toBe(newName());
    expect(Buffer.from(tail?.tail ?? []).toString()).toContain('mess"]},"threadstore":{"format":1');
  });

  it.each([
    ["a large", "first", 500, 1],
    ["a large", "second", 500, 2],
    ["a small", "first", 1, 1],
    ["a small", "second", 1, 2],
  ])("makes an append to %s thread lose the race at the %s file that it opens", async (...parameters) => {
    const [, , count, number] = parameters;
    await open().save("thread", { messages: messages(count) });
    const driver = openDriver({ folder });
    const { version, patch } = await patchAfter(driver);
    expect(patch.replaced).toBeUndefined();
    renameAtOpening(number);
    expect(await driver.patch(KEY, patch, version, options)).toBeUndefined();
    expect(await filesBelow(folder)).toHaveLength(1);
    expect((await load()).thread).toEqual({ messages: messages(count) });
  });
});

describe("a corrupt record", () => {
  /** Leaves a record in two segments, of which the first was changed. */
  async function corrupt(change: (file: string) => Promise<void>): Promise<void> {
    await open().save("thread", { messages: messages(500) });
    const [first = ""] = await filesBelow(folder);
    const name = first.slice(first.lastIndexOf("/"));
    await open().append("thread", ["a"]);
    const [version = ""] = await readdir(join(folder, "threads", "thread"));
    await change(join(folder, "threads", "thread", version, name));
  }

  it.each([
    ["truncated", (file: string) => truncate(file, 50_000)],
    ["missing", async (file: string) => rm(file)],
  ])("whose first segment is %s stays CORRUPT after an append, and can be overwritten", async (_, change) => {
    await corrupt(change);
    const store = open();
    await store.append("thread", ["b"]);
    await expect(open().load("thread")).rejects.toMatchObject({ code: "CORRUPT" });
    await store.save("thread", { messages: [] }, { overwrite: true });
    expect((await load()).thread).toEqual({ messages: [] });
  });

  it.each([
    ["truncated", (file: string) => truncate(file, 50_000)],
    ["missing", async (file: string) => rm(file)],
  ])("whose first segment is %s is not rewritten", async (_, change) => {
    await corrupt(change);
    const store = open();
    let files: string[] = [];
    const touchUntilWasteful = async (): Promise<void> => {
      for (let count = 0; count < 100; count += 1) {
        files = await filesBelow(folder);
        await store.touch("thread", { metadata: { title: `${count}`.padEnd(60_000) } });
      }
    };
    await expect(touchUntilWasteful()).rejects.toMatchObject({ code: "CORRUPT" });
    expect(await filesBelow(folder)).toEqual(files);
  });
});

it("stores exactly the same as saves, in any order and by any process", async () => {
  const stores = [open(), open(), open()];
  const expected: { messages: string[] } = { messages: [] };
  let metadata = {};
  await open().save("thread", expected);
  for (const [step, random] of randomBytes(120).entries()) {
    const index = random % 3;
    if (random % 5 === 0) stores[index] = open();
    const store = stores[index] ?? open();
    const text = `${step} `.padEnd((random * random) % 9000, "é");
    if (random % 4 === 0) {
      metadata = { step: text.slice(0, 500) };
      await store.touch("thread", { metadata });
    } else if (random % 7 === 0) {
      expected.messages = [...expected.messages.slice(0, -1), text];
      await store.save("thread", expected, { overwrite: true });
    } else {
      expected.messages.push(text);
      await store.append("thread", [text]);
    }
    const stored = await load();
    expect(stored.json).toBe(JSON.stringify(expected));
    expect(stored.metadata).toEqual(metadata);
  }
});
