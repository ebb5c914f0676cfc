import {
  AsyncBatchedStore,
  type BaseStore,
  InMemoryStore,
  type Operation,
} from "@langchain/langgraph-checkpoint";
import { memoryStore } from "@threadstore/core";
import { describe, expect, it } from "vitest";
import { ItemStore, type ItemStoreOptions } from "./index.ts";
import { observedStore } from "./observed-store.test-helper.ts";

function newStore(options: Partial<ItemStoreOptions> = {}): ItemStore {
  return new ItemStore({ store: memoryStore(), ...options });
}

const ITEMS: readonly [string[], string, { [name: string]: unknown }][] = [
  [["users", "ann"], "prefs", { theme: "dark", age: 30, tags: ["a"], nested: { a: 1 } }],
  [["users", "ann"], "name", { name: "Ann", age: 5 }],
  [["users", "ann", "notes"], "1", { theme: "light", age: 31, none: null }],
  [["users", "ann", "notes"], "a/b%2F", { theme: "dark" }],
  [["users", "anna"], "prefs", { theme: "dark", age: "30" }],
  [["docs", "é/%", "v1"], "k".repeat(600), { theme: true }],
  [["docs", "v1"], "", { theme: "dark", age: 0 }],
];

async function filled<Store extends BaseStore>(store: Store): Promise<Store> {
  for (const [namespace, key, value] of ITEMS) await store.put(namespace, key, value);
  return store;
}

function plain(result: unknown): unknown {
  return JSON.parse(JSON.stringify(result, (name, value: unknown) => (name.endsWith("At") ? "time" : value)));
}

/** The order of searches differs: InMemoryStore returns the oldest items first. */
function sorted(result: unknown): unknown {
  return (plain(result) as unknown[]).toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

describe("is the same as InMemoryStore", () => {
  it.each(ITEMS.map(([namespace, key]) => ({ namespace, key })))(
    "get $namespace $key",
    async ({ namespace, key }) => {
      const [ours, theirs] = await Promise.all([filled(newStore()), filled(new InMemoryStore())]);
      expect(plain(await ours.get(namespace, key))).toEqual(plain(await theirs.get(namespace, key)));
      expect(await ours.get([...namespace, "x"], key)).toBeNull();
      await Promise.all([ours.delete(namespace, key), theirs.delete(namespace, key)]);
      expect(await ours.get(namespace, key)).toEqual(await theirs.get(namespace, key));
      expect(sorted(await ours.search([], { limit: 100 }))).toEqual(
        sorted(await theirs.search([], { limit: 100 })),
      );
    },
  );

  it.each<[string[], object]>([
    [[], {}],
    [["users"], {}],
    [["users", "ann"], {}],
    [["user"], {}],
    [["docs", "é/%"], {}],
    [[], { filter: { theme: "dark" } }],
    [[], { filter: {} }],
    [[], { filter: { theme: {} } }],
    [[], { filter: { age: { $gt: 4.9 } } }],
    [[], { filter: { age: { $gte: 30, $lt: 31 } } }],
    [[], { filter: { age: { $lte: 5 }, name: { $eq: "Ann" } } }],
    [[], { filter: { theme: { $ne: "dark" } } }],
    [[], { filter: { theme: { $in: ["light", true] } } }],
    [[], { filter: { theme: { $nin: ["light", true] } } }],
    [[], { filter: { theme: { $in: "dark" } } }],
    [[], { filter: { theme: { $unknown: "dark" } } }],
    [[], { filter: { nested: { a: 1 } } }],
    [[], { filter: { none: null } }],
    [["users"], { filter: { theme: "dark" }, limit: 100 }],
  ])("search %j %j", async (prefix, options) => {
    const [ours, theirs] = await Promise.all([filled(newStore()), filled(new InMemoryStore())]);
    expect(sorted(await ours.search(prefix, options))).toEqual(sorted(await theirs.search(prefix, options)));
  });

  it.each([
    {},
    { prefix: ["users"] },
    { prefix: ["users", "*", "notes"] },
    { prefix: ["*", "ann"] },
    { suffix: ["v1"] },
    { suffix: ["*", "v1"] },
    { prefix: ["users"], suffix: ["notes"] },
    { prefix: [] },
    { maxDepth: 1 },
    { maxDepth: 2, prefix: ["users"] },
    { limit: 2 },
    { limit: 2, offset: 1 },
    { offset: 100 },
    { limit: 0 },
    { prefix: ["users", "ann", "notes", "more"] },
  ])("listNamespaces %j", async (options) => {
    const [ours, theirs] = await Promise.all([filled(newStore()), filled(new InMemoryStore())]);
    expect(await ours.listNamespaces(options)).toEqual(await theirs.listNamespaces(options));
  });

  it("batch: reads see what was there before, and the last put of an item wins", async () => {
    const operations: Operation[] = [
      { namespace: ["a"], key: "1", value: { n: 1 } },
      { namespace: ["a"], key: "1" },
      { namespacePrefix: ["a"] },
      { namespace: ["a"], key: "1", value: { n: 2 } },
      { namespace: ["a"], key: "2", value: { n: 3 } },
      { namespace: ["a"], key: "2", value: null },
      { matchConditions: [{ matchType: "prefix", path: ["a"] }], limit: 10, offset: 0 },
    ];
    const [ours, theirs] = [newStore(), new InMemoryStore()];
    expect(await ours.batch(operations)).toEqual(await theirs.batch(operations));
    expect(plain(await ours.batch(operations.slice(1, 3)))).toEqual(
      plain(await theirs.batch(operations.slice(1, 3))),
    );
  });

  it.each<[string, (store: BaseStore) => Promise<unknown>]>([
    ["an empty namespace", (store) => store.put([], "k", {})],
    ["an empty label", (store) => store.put(["a", ""], "k", {})],
    ["a period", (store) => store.put(["a.b"], "k", {})],
    ["a colon", (store) => store.search(["a:b"])],
    ["the reserved label", (store) => store.put(["langgraph"], "k", {})],
    ["a number", (store) => store.get([1 as never], "k")],
    ["a period in a batch", (store) => store.batch([{ namespace: ["a.b"], key: "k", value: {} }])],
  ])("rejects %s", async (_, call) => {
    await expect(call(newStore())).rejects.toThrow(
      expect.objectContaining({ name: "InvalidNamespaceError" }),
    );
    await expect(call(new InMemoryStore())).rejects.toThrow(
      expect.objectContaining({ name: "InvalidNamespaceError" }),
    );
  });
});

it("searches return the items that changed last first, page by page", async () => {
  let time = Date.now();
  const store = newStore({ store: memoryStore({ now: () => (time += 1000) }) });
  for (let n = 0; n < 40; n++) await store.put(["a"], `k${n}`, { n, even: n % 2 === 0 });
  await store.put(["a"], "k5", { n: 5, even: false });
  const keys = async (options: object) =>
    (await store.search(["a"], options)).map(({ value }) => value["n"] as number);
  expect(await keys({ limit: 3 })).toEqual([5, 39, 38]);
  expect(await keys({ limit: 2, offset: 2 })).toEqual([38, 37]);
  expect(await keys({ limit: 3, offset: 18, filter: { even: true } })).toEqual([2, 0]);
  const first = await store.get(["a"], "k5");
  expect(Number(first?.updatedAt) - Number(first?.createdAt)).toBeGreaterThan(30_000);
});

it("items expire after ttlMs, and with the store's own ttlMs they do not", async () => {
  let time = Date.now();
  const inner = memoryStore({ now: () => time, ttlMs: 1000 });
  const expiring = newStore({ store: inner, ttlMs: 5000 });
  await expiring.put(["a"], "k", { n: 1 });
  await newStore({ store: inner }).put(["a"], "forever", { n: 1 });
  time += 4000;
  expect(await expiring.get(["a"], "k")).not.toBeNull();
  time += 2000;
  expect(await expiring.get(["a"], "k")).toBeNull();
  expect(await expiring.search(["a"])).toHaveLength(1);
});

it("a batch with an invalid operation starts no read", async () => {
  const failing = observedStore(memoryStore(), () => {
    throw new Error("The connection is lost.");
  });
  const operations: Operation[] = [
    { namespace: ["a"], key: "k" },
    { namespacePrefix: ["a"] },
    { namespace: ["a.b"], key: "k", value: {} },
  ];
  // A read that was started would reject without a handler, which fails the test run.
  await expect(newStore({ store: failing }).batch(operations)).rejects.toThrow(
    expect.objectContaining({ name: "InvalidNamespaceError" }),
  );
});

it("works with LangGraph's batches", async () => {
  const store = new AsyncBatchedStore(newStore());
  store.start();
  await Promise.all([store.put(["a"], "k", { n: 1 }), store.put(["a"], "l", { n: 2 })]);
  expect(await Promise.all([store.get(["a"], "k"), store.search(["a"])])).toMatchObject([
    { value: { n: 1 } },
    [{}, {}],
  ]);
  await store.stop();
});

describe("a namespace has at most 467 bytes with a slash after each label", () => {
  it.each<[string, readonly string[], readonly string[]]>([
    ["one label", ["a".repeat(466)], ["a".repeat(467)]],
    ["several labels", ["a".repeat(232), "b".repeat(233)], ["a".repeat(233), "b".repeat(233)]],
    ["characters of two bytes", ["é".repeat(233)], [`${"é".repeat(233)}a`]],
    ["slashes, which count three times", [`${"/".repeat(155)}a`], [`${"/".repeat(155)}ab`]],
    ["percent signs, which count three times", [`${"%".repeat(155)}a`], [`${"%".repeat(155)}ab`]],
  ])("%s", async (_name, longest, tooLong) => {
    const store = newStore();
    for (const key of ["k", "k".repeat(44), "k".repeat(45), "k".repeat(46), "é/".repeat(900)]) {
      await store.put([...longest], key, { key });
      expect((await store.get([...longest], key))?.value).toEqual({ key });
    }
    expect(await store.search([...longest])).toHaveLength(5);
    expect(await store.listNamespaces()).toEqual([longest]);
    for (const call of [
      store.get([...tooLong], "k"),
      store.put([...tooLong], "k", {}),
      store.search([...tooLong]),
    ]) {
      await expect(call).rejects.toMatchObject({ code: "INVALID_ARGUMENT", path: "namespace" });
    }
  });
});

describe("invalid input is rejected with its path", () => {
  it.each<[string, string, (store: ItemStore) => Promise<unknown>]>([
    ["INVALID_ARGUMENT", "value.when", (store) => store.put(["a"], "k", { when: new Date() })],
    ["INVALID_ARGUMENT", "value.list[1]", (store) => store.put(["a"], "k", { list: [1, Number.NaN] })],
    ["INVALID_ARGUMENT", "value", (store) => store.put(["a"], "k", [] as never)],
    ["INVALID_ARGUMENT", "value", (store) => store.put(["a"], "k", "text" as never)],
    ["INVALID_ARGUMENT", "key", (store) => store.put(["a"], 5 as never, {})],
    ["INVALID_ARGUMENT", "key", (store) => store.get(["a"], "\ud800")],
    ["INVALID_ARGUMENT", "namespace", (store) => store.put(["a".repeat(500)], "k", {})],
    ["INVALID_ARGUMENT", "namespace[1]", (store) => store.get(["a", "\ud800"], "k")],
    ["INVALID_ARGUMENT", "limit", (store) => store.search(["a"], { limit: -1 })],
    ["INVALID_ARGUMENT", "offset", (store) => store.search(["a"], { offset: 0.5 })],
    ["VECTOR_SEARCH", "query", (store) => store.search(["a"], { query: "dark themes" })],
  ])("%s at %s", async (code, path, call) => {
    const store = await filled(newStore());
    await expect(call(store)).rejects.toMatchObject({ code, path });
    expect(await store.search([], { limit: 100 })).toHaveLength(ITEMS.length);
  });

  it("an index of embeddings is rejected by name", () => {
    const options = { store: memoryStore(), index: { dims: 3 } };
    expect(() => new ItemStore(options as never)).toThrow(
      expect.objectContaining({ code: "VECTOR_SEARCH", path: "index" }),
    );
    expect(() => new ItemStore({ store: memoryStore(), ttl: 1 } as never)).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT", path: "ttl" }),
    );
  });
});
