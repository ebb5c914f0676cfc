import { describe, expect, it } from "vitest";
import { createThreadStore } from "../create-thread-store.ts";
import { memoryDriver } from "../memory-store.ts";
import { deferred } from "../runtime/deferred.ts";
import {
  failure,
  requestLost,
  responseLost,
  scriptedDriver,
} from "../runtime/scripted-driver.test-helper.ts";
import type { ThreadDriver } from "../thread-driver.ts";

const CHAT = { messages: [0] };

function openStore(): ReturnType<typeof scriptedDriver> & { store: ReturnType<typeof createThreadStore> } {
  const scripted = scriptedDriver(memoryDriver());
  return { ...scripted, store: createThreadStore(scripted.driver) };
}

describe("concurrent appends", () => {
  it("of one store take effect in the order of the calls, without a race", async () => {
    const { store, calls } = openStore();
    await store.save("a", CHAT);
    const view = store.namespace("tenant");
    const others = view.append("a", [-1], { create: CHAT });
    const numbers = Array.from({ length: 200 }, (_, n) => n + 1);
    await Promise.all(numbers.map((n) => (n % 10 === 0 ? store.touch("a") : store.append("a", [n]))));
    await others;
    const appended = numbers.filter((n) => n % 10 !== 0);
    expect((await store.load("a"))?.thread).toEqual({ messages: [0, ...appended] });
    expect((await view.load("a"))?.thread).toEqual({ messages: [0, -1] });
    expect(calls).toMatchObject({ readTail: 201, patch: 200 });
  });

  it("do not wait for one that is aborted, nor overtake those before it", async () => {
    const { store, next } = openStore();
    await store.save("a", CHAT);
    const { promise: held, resolve: release } = deferred<void>();
    next("patch", async (call) => {
      await held;
      return call();
    });
    const first = store.append("a", [1]);
    const controller = new AbortController();
    const aborted = store.append("a", [2], { signal: controller.signal });
    const last = store.append("a", [3]);
    controller.abort(new Error("stopped"));
    await expect(aborted).rejects.toThrow("stopped");
    release();
    await Promise.all([first, last]);
    expect((await store.load("a"))?.thread).toEqual({ messages: [0, 1, 3] });
  });
});

describe("append", () => {
  it("rejects an array whose toJSON would replace the elements", async () => {
    const { store, calls } = openStore();
    await store.save("a", CHAT);
    const elements = Object.defineProperty([1], "toJSON", { value: () => ({ x: 5 }) });
    await expect(store.append("a", elements)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    expect(calls).toMatchObject({ readTail: 0, patch: 0 });
  });

  it("reads and replaces only the end of the record", async () => {
    const { store, calls } = openStore();
    await store.save("a", CHAT);
    await store.append("a", [1]);
    expect(calls).toMatchObject({ read: 0, write: 1, readTail: 1, patch: 1 });
    expect((await store.load("a"))?.thread).toEqual({ messages: [0, 1] });
  });

  it("reads the whole record only if white space hides the end of the array", async () => {
    const { store, calls } = openStore();
    await store.save("a", `{"messages":[0${" ".repeat(80)}]}`);
    await store.append("a", [1]);
    expect(calls).toMatchObject({ read: 1, readTail: 1, patch: 1 });
    await store.save("b", `{"messages":[0${" ".repeat(40)}]}`);
    await store.append("b", [1]);
    expect(calls).toMatchObject({ read: 1, readTail: 2, patch: 2 });
  });

  it("appends once if a response is lost", async () => {
    const { store, next, calls } = openStore();
    await store.save("a", CHAT);
    next("patch", responseLost);
    const result = await store.append("a", [1]);
    const stored = await store.load("a");
    expect(stored?.thread).toEqual({ messages: [0, 1] });
    expect(result).toMatchObject({ version: stored?.version, appended: true });
    expect(calls).toMatchObject({ readTail: 2, patch: 1 });
  });

  it("sends a lost request again", async () => {
    const { store, next } = openStore();
    await store.save("a", CHAT);
    next("patch", requestLost);
    await store.append("a", [1]);
    expect((await store.load("a"))?.thread).toEqual({ messages: [0, 1] });
  });

  it("is OUTCOME_UNKNOWN if the response is lost and another append follows, and can be repeated with its key", async () => {
    const driver = memoryDriver();
    const other = createThreadStore(driver);
    const scripted = scriptedDriver(driver);
    const store = createThreadStore(scripted.driver);
    await store.save("a", CHAT);
    scripted.next("patch", async (run) => {
      await run();
      await other.append("a", ["other"]);
      throw failure();
    });
    const append = () => store.append("a", [1], { key: "delivery" });
    await expect(append()).rejects.toMatchObject({ code: "OUTCOME_UNKNOWN", operation: "append", id: "a" });
    expect(await append()).toMatchObject({ appended: false });
    expect((await store.load("a"))?.thread).toEqual({ messages: [0, 1, "other"] });
  });

  it("starts over if another writer is faster", async () => {
    const driver = memoryDriver();
    const other = createThreadStore(driver);
    const scripted = scriptedDriver(driver);
    const store = createThreadStore(scripted.driver);
    await store.save("a", CHAT);
    scripted.next("patch", async (run) => {
      await other.append("a", ["other"]);
      return run();
    });
    await store.append("a", [1]);
    expect((await store.load("a"))?.thread).toEqual({ messages: [0, "other", 1] });
  });

  it("appends to the thread that another client creates first", async () => {
    const driver = memoryDriver();
    const other = createThreadStore(driver);
    const scripted = scriptedDriver(driver);
    const store = createThreadStore(scripted.driver);
    scripted.next("write", async (run) => {
      await other.append("a", ["other"], { create: CHAT });
      return run();
    });
    const result = await store.append("a", [1], { create: CHAT });
    expect((await store.load("a"))?.thread).toEqual({ messages: [0, "other", 1] });
    expect(result.appended).toBe(true);
  });

  it("ends with BACKEND_ERROR if the driver refuses the version that it reads", async () => {
    const driver: ThreadDriver = { ...memoryDriver(), patch: async () => undefined };
    const store = createThreadStore(driver);
    await store.save("a", CHAT);
    await expect(store.append("a", [1])).rejects.toMatchObject({ code: "BACKEND_ERROR" });
    await expect(store.touch("a")).rejects.toMatchObject({ code: "BACKEND_ERROR" });
  });

  it("keeps the checksum of what it does not read", async () => {
    const records = new Map();
    const store = createThreadStore(memoryDriver({ records }));
    const text = JSON.stringify({ text: "x".repeat(1000), messages: [] });
    await store.save("a", text);
    const { version, updatedAt, bytes } = records.get("").get("a");
    const damaged = Uint8Array.from(bytes);
    damaged[100] = 0x79;
    records.get("").set("a", { version, updatedAt, bytes: damaged });
    await store.append("a", [1]);
    await store.touch("a", { metadata: { title: "T" } });
    await expect(store.load("a")).rejects.toMatchObject({ code: "CORRUPT" });
  });

  it("works at every length of the end, and for a driver that returns only what it must", async () => {
    const driver = memoryDriver();
    const minimal: ThreadDriver = {
      ...driver,
      async readTail(key, options) {
        const stored = await driver.readTail(key, options);
        const start = Buffer.from(stored?.tail ?? []).lastIndexOf(',"threadstore":{');
        return stored && { ...stored, tail: stored.tail.slice(Math.max(0, start - 64)) };
      },
    };
    const store = createThreadStore(minimal);
    for (let length = 0; length < 140; length += 1) {
      const text = `{"m":["${"x".repeat(length)}"${" ".repeat(length % 7)}]${"\n".repeat(length % 5)}}`;
      await store.save(`${length}`, text);
      for (const element of [1, "\u00e9", {}]) await store.append(`${length}`, [element]);
      const expected = `${text.slice(0, text.lastIndexOf("]"))},1,"\u00e9",{}${text.slice(text.lastIndexOf("]"))}`;
      expect((await store.load(`${length}`))?.json).toBe(expected);
    }
  });
});

describe("touch", () => {
  it("replaces only the trailer, once if the response is lost", async () => {
    const { store, next, calls } = openStore();
    await store.save("a", { text: "x".repeat(1000) });
    next("patch", responseLost);
    const touched = await store.touch("a", { metadata: { title: "T" } });
    expect(calls).toMatchObject({ read: 0, write: 1, readTail: 2, patch: 1 });
    expect(await store.load("a")).toMatchObject({ version: touched?.version, metadata: { title: "T" } });
  });
});
