import { MemoryStorage, type Storage } from "@microsoft/agents-hosting";
import { memoryStore, type ThreadStore } from "@threadstore/core";
import { createThreadStore, DriverError, memoryDriver, type MemoryRecords } from "@threadstore/core/driver";
import { EMBEDDED } from "@threadstore/test-stores";
import { describeStores } from "@threadstore/test-stores/vitest";
import { describe, expect, it } from "vitest";
import { MISSING_ETAG, stateStorage, StorageError, threadStorage } from "./index.ts";
import { CHECKS } from "./kit.test-helper.ts";

await describeStores("items", { quick: [...EMBEDDED, "redis"] }, ({ store }) => {
  it.each(CHECKS.map((check, index) => ({ ...check, key: `item-${index}` })))(
    "$name",
    async ({ run, key }) => {
      await run(threadStorage({ store: store().namespace("agents") }), key);
      expect(await threadStorage({ store: store() }).read([key])).toEqual({});
    },
  );
});

describe("the SDK's MemoryStorage", () => {
  /** The checks that it fails, as the README says. */
  const FAILED: readonly string[] = [
    "rejects the eTag of an item that was deleted",
    "writes the other items if one is rejected",
    "accepts names of object members as keys and as members",
  ];

  it.each(CHECKS)("$name", async ({ name, run }) => {
    const outcome = await run(new MemoryStorage(), "item").then(
      () => "passes",
      () => "fails",
    );
    expect(outcome).toBe(FAILED.includes(name) ? "fails" : "passes");
  });
});

describe("an item with `MISSING_ETAG`", () => {
  it("is created by one of several writers, and never replaced", async () => {
    const storage = threadStorage({ store: memoryStore() });
    const create = async (n: number) => storage.write({ a: { n, eTag: MISSING_ETAG } });
    const outcomes = await Promise.allSettled([create(1), create(2), create(3)]);
    expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "rejected"]);
    await storage.delete(["a"]);
    await create(4);
    expect(await storage.read(["a"])).toMatchObject({ a: { n: 4 } });
  });
});

describe("an item that has expired", () => {
  const HOUR = 3_600_000;

  async function writeAtZero(): Promise<{
    readonly storage: Storage;
    readonly advance: (ms: number) => void;
    readonly eTag: string;
  }> {
    let time = 0;
    const storage = threadStorage({ store: memoryStore({ ttlMs: HOUR, now: () => time }) });
    await storage.write({ a: { n: 1 }, b: { n: 1 } });
    const { a } = await storage.read(["a"]);
    return { storage, advance: (ms) => void (time += ms), eTag: (a as { eTag: string }).eTag };
  }

  it("is not read, and others are", async () => {
    const { storage, advance } = await writeAtZero();
    advance(HOUR - 1);
    await storage.write({ b: { n: 2 } });
    expect(Object.keys(await storage.read(["a", "b"]))).toEqual(["a", "b"]);
    advance(1);
    expect(await storage.read(["a", "b"])).toMatchObject({ b: { n: 2 } });
    expect(await storage.read(["a"])).toEqual({});
    advance(HOUR);
    expect(await storage.read(["a", "b"])).toEqual({});
  });

  it("rejects its eTag, and can be created and deleted again", async () => {
    const { storage, advance, eTag } = await writeAtZero();
    advance(HOUR);
    const outdated = storage.write({ a: { n: 2, eTag } });
    await expect(outdated).rejects.toMatchObject({ code: "CONFLICT", keys: ["a"] });
    await storage.delete(["a", "b"]);
    await storage.write({ a: { n: 3, eTag: MISSING_ETAG }, b: { n: 3, eTag: "*" } });
    expect(await storage.read(["a", "b"])).toMatchObject({ a: { n: 3 }, b: { n: 3 } });
  });
});

describe("a write that is rejected", () => {
  it("names the items that were not written", async () => {
    const storage = threadStorage({ store: memoryStore() });
    await storage.write({ a: { n: 1 }, b: { n: 1 } });
    const { a, b } = await storage.read(["a", "b"]);
    await storage.write({ a: { n: 2 }, b: { n: 2 } });
    const error: unknown = await storage
      .write({ a: a as object, c: { n: 3 }, b: b as object })
      .catch((reason: unknown) => reason);
    expect(StorageError.is(error, "CONFLICT")).toBe(true);
    expect(error).toMatchObject({
      keys: ["a", "b"],
      retryable: false,
      message: expect.stringContaining("2 of the 3 items") as string,
    });
    expect(await storage.read(["c"])).toMatchObject({ c: { n: 3 } });
  });
});

const cycle: { self?: object } = {};
cycle.self = cycle;

describe("invalid arguments", () => {
  const call = (name: keyof Storage, argument: unknown) => async (storage: Storage) =>
    (storage[name] as (value: unknown) => Promise<unknown>)(argument);
  const valid = { n: 1 };

  it.each([
    ["keys that are missing", call("read", undefined), "keys"],
    ["no keys", call("read", []), "keys"],
    ["keys that are a string", call("read", "a"), "keys"],
    ["an empty key", call("read", ["a", ""]), "keys[1]"],
    ["a key that is a number", call("read", [1]), "keys[0]"],
    ["half a character as a key", call("read", ["\uD83D"]), "keys[0]"],
    ["keys to delete that are missing", call("delete", undefined), "keys"],
    ["an empty key to delete", call("delete", [""]), "keys[0]"],
    ["no changes", call("write", undefined), "changes"],
    ["changes that are an array", call("write", [valid]), "changes"],
    ["an empty key to write", call("write", { valid, "": {} }), "changes"],
    ["half a character as a key to write", call("write", { valid, "\uDE00": {} }), "changes"],
    ["an item that is missing", call("write", { valid, a: undefined }), "changes.a"],
    ["an item that is a text", call("write", { valid, a: "x" }), "changes.a"],
    ["an item that is an array", call("write", { valid, "a b": [] }), 'changes["a b"]'],
    ["an eTag that is a number", call("write", { valid, a: { eTag: 1 } }), "changes.a.eTag"],
    ["a cycle", call("write", { valid, a: cycle }), "changes.a"],
    ["a bigint", call("write", { valid, a: { n: 1n } }), "changes.a"],
  ])("%s", async (_name, run, path) => {
    const storage = threadStorage({ store: memoryStore() });
    const error: unknown = await run(storage).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ name: "StorageError", code: "INVALID_ARGUMENT", path });
    // Nothing is written if one of several items is invalid.
    expect(await storage.read(["valid"])).toEqual({});
  });

  it.each([undefined, {}, { store: undefined }, { store: new Map() }])("the options %o", (options) => {
    expect(() => threadStorage(options as never)).toThrow("`store` must be a ThreadStore.");
  });

  it("an unknown option", () => {
    const options = { store: memoryStore(), ttlMs: 1 };
    for (const create of [threadStorage, stateStorage]) {
      expect(() => create(options)).toThrow(expect.objectContaining({ path: "ttlMs" }));
    }
  });
});

describe("a stored thread that is not the item", () => {
  const head = { format: "threadstore.thread", version: 1, kind: "microsoft-agents-item", key: "a" };

  it.each([
    ["another document", { messages: [] }, "THREAD_MISMATCH", "$.format"],
    ["another kind", { ...head, kind: "chat" }, "THREAD_MISMATCH", "$.kind"],
    ["the item of another key", { ...head, key: "b", item: {} }, "THREAD_MISMATCH", "$.key"],
    ["a later format", { ...head, version: 2, item: {} }, "THREAD_TOO_NEW", "$.version"],
    ["an invalid version", { ...head, version: "1", item: {} }, "THREAD_INVALID", "$.version"],
    ["no item", head, "THREAD_INVALID", "$.item"],
    ["an item that is an array", { ...head, item: [] }, "THREAD_INVALID", "$.item"],
    ["an item as JSON that is cut", { ...head, itemJson: '{"a":' }, "THREAD_INVALID", "$.itemJson"],
    ["an item as JSON that is a number", { ...head, itemJson: 1 }, "THREAD_INVALID", "$.itemJson"],
    ["an item as JSON of an array", { ...head, itemJson: "[]" }, "THREAD_INVALID", "$.item"],
  ] as const)("%s", async (_name, thread, code, path) => {
    const store = memoryStore();
    await store.save("a", thread);
    await expect(threadStorage({ store }).read(["a"])).rejects.toMatchObject({ code, path });
    expect((await store.load("a"))?.thread).toEqual(thread);
  });
});

describe("a process that is killed while it writes several items", () => {
  it.each(["before", "after"])("%s one of its writes leaves each item whole, old or new", async (when) => {
    for (let kill = 1; kill <= 4; kill += 1) {
      const records: MemoryRecords = new Map();
      const keys = ["a", "b", "c"];
      const storage = threadStorage({ store: memoryStore({ records }) });
      await storage.write(Object.fromEntries(keys.map((key) => [key, { value: "old" }])));
      const dying = threadStorage({ store: killedStore(records, kill, when === "before") });
      const isAcknowledged = await dying
        .write(Object.fromEntries(keys.map((key) => [key, { value: "new" }])))
        .then(
          () => true,
          () => false,
        );
      const items = Object.values(await storage.read(keys)) as { readonly value: string }[];
      const values = items.map(({ value }) => value);
      expect(values.filter((value) => value === "old" || value === "new")).toHaveLength(3);
      // The store may recognize a write whose response was lost, but never acknowledges one that was not applied.
      expect(isAcknowledged || kill < 4).toBe(true);
      expect(isAcknowledged && values.includes("old")).toBe(false);
      expect(values.filter((value) => value === "new")).toHaveLength(
        when === "before" ? kill - 1 : Math.min(kill, 3),
      );
    }
  });
});

/** Creates the store of a process that is killed at its write number `kill`. */
function killedStore(records: MemoryRecords, kill: number, isBefore: boolean): ThreadStore {
  const driver = memoryDriver({ records });
  let writes = 0;
  const die = (isDead: boolean) => {
    if (isDead) throw new DriverError("BACKEND_ERROR", "The process was killed.", { effect: "unknown" });
  };
  const dying: typeof driver = {
    ...driver,
    async write(...parameters) {
      writes += 1;
      const number = writes;
      die(number > kill || (number === kill && isBefore));
      const result = await driver.write(...parameters);
      die(number === kill);
      return result;
    },
  };
  return createThreadStore(dying, { maxRetries: 0 });
}
