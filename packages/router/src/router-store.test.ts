import { memoryStore, type ThreadStore } from "@threadstore/core";
import { type KnownNamespaces, namesOf, nextPath } from "@threadstore/core/decorator";
import { copyThreads } from "@threadstore/core/maintenance";
import { describe, expect, test } from "vitest";
import { hash53, rendezvous } from "./hashing.ts";
import type { RouterOptions } from "./options.ts";
import { routerStore } from "./router-store.ts";

const TENANTS = Array.from({ length: 40 }, (_, index) => `tenant-${index}`);

async function allNamespaces(store: ThreadStore, limit?: number): Promise<string[]> {
  const names: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await store.namespaces({ cursor, limit });
    names.push(...page.namespaces);
    ({ cursor } = page);
  } while (cursor !== undefined);
  return names;
}

async function filled(options: Omit<RouterOptions, "stores"> = {}): Promise<{
  readonly stores: { readonly [name: string]: ThreadStore };
  readonly router: ThreadStore;
}> {
  const stores = { a: memoryStore(), b: memoryStore(), c: memoryStore() };
  const router = routerStore({ stores, ...options });
  for (const tenant of TENANTS) await router.namespace(tenant).save("chat", { tenant });
  return { stores, router };
}

describe("hashing", () => {
  test("is the same in every version of this package", () => {
    expect([hash53(""), hash53("acme"), hash53("Grüße 🧵")]).toMatchInlineSnapshot(`
      [
        3338908027751811,
        4580204193837792,
        8771553972160977,
      ]
    `);
    const weights = new Map([
      ["a", 1],
      ["b", 1],
      ["c", 2],
    ]);
    expect(TENANTS.map((tenant) => rendezvous(weights, tenant)).join("")).toMatchInlineSnapshot(
      `"bbccbaccaacacabaccabcbccaabcbcacbcbbcacb"`,
    );
  });

  test("gives each store its share", () => {
    const weights = new Map([
      ["a", 1],
      ["b", 2],
      ["c", 5],
    ]);
    const counts = new Map<string, number>();
    for (let index = 0; index < 80_000; index += 1) {
      const name = rendezvous(weights, `user-${index}`);
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    for (const [name, weight] of weights) {
      expect(Math.abs((counts.get(name) ?? 0) / (10_000 * weight) - 1)).toBeLessThan(0.03);
    }
  });

  test("moves namespaces only to a store that is added, and from one that is removed", () => {
    const before = new Map([
      ["a", 1],
      ["b", 1],
      ["c", 1],
    ]);
    const after = new Map([...before, ["d", 1]]);
    let moved = 0;
    for (let index = 0; index < 10_000; index += 1) {
      const [from, to] = [rendezvous(before, `n${index}`), rendezvous(after, `n${index}`)];
      if (from === to) continue;
      expect(to).toBe("d");
      moved += 1;
    }
    expect(Math.abs(moved / 2500 - 1)).toBeLessThan(0.1);
  });
});

test("each namespace is in one store, with the namespaces in it, and all stores have some", async () => {
  const { stores, router } = await filled();
  await router.namespace("tenant-0").namespace("ann").save("chat", {});
  const listed = await Promise.all(Object.values(stores).map((store) => allNamespaces(store)));
  expect(listed.every((names) => names.length > 5)).toBe(true);
  expect(listed.flat().toSorted()).toEqual(TENANTS.toSorted());
  const [withUser, ...others] = listed.filter((names) => names.includes("tenant-0"));
  expect([withUser !== undefined, others]).toEqual([true, []]);
  const nested = await Promise.all(
    Object.values(stores).map((store) => store.namespace("tenant-0").namespaces()),
  );
  expect(nested.flatMap(({ namespaces }) => namespaces)).toEqual(["ann"]);
});

test("a walk asks for what is nested in each namespace when it gets there, because it may have moved", async () => {
  const { router } = await filled();
  const known: KnownNamespaces = new Map();
  const path = (await nextPath(router, [], undefined, known)) ?? [];
  const [name = ""] = namesOf(path);
  await router.namespace(name).namespace("nested").save("chat", {});
  const next = await nextPath(router, path, undefined, known);
  expect(namesOf(next ?? [])).toEqual([name, "nested"]);
});

test("namespaces() lists those of all stores once, page by page, without what another store has", async () => {
  const { stores, router } = await filled();
  for (const store of Object.values(stores)) await store.namespace("tenant-7").save("left by a move", {});
  for (const limit of [1, 7, 1000]) {
    expect((await allNamespaces(router, limit)).toSorted()).toEqual(TENANTS.toSorted());
  }
});

test("pins, `route` and `root` name the store", async () => {
  const { stores, router } = await filled({
    pins: { "tenant-1": "b", constructor: "b" },
    route: (namespace) => (namespace.endsWith("9") ? "c" : "a"),
    root: "c",
  });
  await router.save("root", {});
  await router.namespace("constructor").save("chat", {});
  expect(await allNamespaces(stores["b"] ?? router)).toEqual(["constructor", "tenant-1"]);
  expect(await allNamespaces(stores["c"] ?? router)).toEqual([
    "tenant-19",
    "tenant-29",
    "tenant-39",
    "tenant-9",
  ]);
  expect((await stores["c"]?.load("root"))?.thread).toEqual({});
});

test("a name that `route` returns must be that of a store", async () => {
  const router = routerStore({ stores: { a: memoryStore(), b: memoryStore() }, route: () => "x" });
  const saving = router.namespace("n").save("a", {});
  await expect(saving).rejects.toMatchObject({ code: "MISCONFIGURED", message: /Return one of a, b\.$/u });
});

test("an erase deletes everything in all stores, and continues in any of them", async () => {
  const { router } = await filled();
  await router.save("root", {});
  const cursors: string[] = [];
  const stopped = router.erase({
    onProgress({ cursor }) {
      cursors.push(cursor);
      if (cursors.length === 15) throw new Error("Stopped.");
    },
  });
  await expect(stopped).rejects.toThrow("Stopped.");
  const receipt = await router.erase({ cursor: cursors.at(-1) });
  const bytes = TENANTS.reduce((sum, tenant) => sum + JSON.stringify({ tenant }).length, 2);
  expect(receipt).toMatchObject({ threads: 41, bytes, finishedAt: expect.any(Date) as Date });
  expect(await allNamespaces(router)).toEqual([]);
  expect(await router.erase()).toMatchObject({ threads: 0, bytes: 0 });
});

test("an erase that has no time left returns a cursor from which another one continues", async () => {
  const { router } = await filled();
  const slow = await router.erase({
    timeoutMs: 300,
    onProgress: async () => new Promise((resolve) => void setTimeout(resolve, 20)),
  });
  expect(slow.finishedAt).toBeUndefined();
  expect(slow.threads).toBeLessThan(40);
  expect(await router.erase({ cursor: slow.cursor })).toMatchObject({ threads: 40 });
});

test("cursors of another namespace, operation or store are invalid", async () => {
  const { router, stores } = await filled();
  const view = router.namespace("tenant-3");
  for (const id of ["a", "b", "c"]) await view.save(id, {});
  const { cursor } = await view.listPage({ limit: 1 });
  const foreign = (await stores["a"]?.listPage({ limit: 1 }))?.cursor ?? "x";
  const others = [
    async () => router.namespace("tenant-4").listPage({ cursor }),
    async () => router.listPage({ cursor }),
    async () => view.listPage({ cursor, order: "updated" }),
    async () => view.namespaces({ cursor }),
    async () => view.erase({ cursor }),
    async () => view.deleteExpired({ cursor }),
    async () => router.namespaces({ cursor }),
    async () => router.erase({ cursor }),
    async () => view.listPage({ cursor: foreign }),
  ];
  for (const call of others) await expect(call()).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  const rest = await view.listPage({ cursor });
  expect(rest.threads.map(({ id }) => id)).toEqual(["b", "c", "chat"]);
});

test("a listing goes on where it was if its namespace is in another store now", async () => {
  const stores = { a: memoryStore(), b: memoryStore() };
  const ids = ["a", "b", "c", "d", "e", "f"];
  const first = routerStore({ stores, pins: { n: "a" } });
  const second = routerStore({ stores, pins: { n: "b" } });
  for (const id of ids) await first.namespace("n").save(id, {});
  await copyThreads(stores.a.namespace("n"), stores.b.namespace("n"));
  for (const order of ["id", "updated"] as const) {
    const page = await first.namespace("n").listPage({ limit: 2, order });
    const rest: string[] = [];
    let { cursor } = page;
    while (cursor !== undefined) {
      const next = await second.namespace("n").listPage({ limit: 1, order, cursor });
      rest.push(...next.threads.map(({ id }) => id));
      ({ cursor } = next);
    }
    expect([...page.threads.map(({ id }) => id), ...rest].toSorted(), order).toEqual(ids);
  }
});

test("closing closes every store, even if one fails", async () => {
  const [a, b] = [memoryStore(), memoryStore()];
  const failing = Object.assign(a, { close: async () => Promise.reject(new Error("Cannot close.")) });
  const router = routerStore({ stores: { failing, b } });
  await expect(router.close()).rejects.toThrow("Cannot close.");
  await expect(b.load("x")).rejects.toMatchObject({ code: "CLOSED" });
  await expect(router.load("x")).rejects.toMatchObject({ code: "CLOSED" });
});

test("describes the stores, without their clients", () => {
  const router = routerStore({ stores: { a: memoryStore(), b: memoryStore() } });
  expect(JSON.parse(JSON.stringify(router))).toEqual({
    store: "router",
    decorates: { stores: { a: { store: "memory", namespace: "" }, b: { store: "memory", namespace: "" } } },
  });
});

describe("invalid options", () => {
  const a = memoryStore();
  const stores = { a, b: memoryStore() };
  test.each([
    [{ stores: {} }, "`stores` must be an object with at least one store."],
    [{ stores: { a: {} } }, "`stores.a` must be a ThreadStore."],
    [{ stores: { a, again: a } }, /^`stores\.a` must not be the same location as another store/u],
    [{ stores: { a, view: a.namespace("x") } }, /^`stores\.view` must not be .* a namespace of it\.$/u],
    [{ stores, root: "c" }, "`root` must be the name of a store."],
    [{ stores, pins: { n: "c" } }, "`pins` must contain names of stores."],
    [{ stores, pins: { "": "a" } }, /^`pins` must not name an empty namespace/u],
    [{ stores, weights: { c: 1 } }, /^The members of `weights`/u],
    [{ stores, weights: { a: -1 } }, "`weights` must contain finite numbers of at least 0."],
    [{ stores, weights: { a: 0, b: 0 } }, "At least one of `weights` must be greater than 0."],
    [{ stores, route: "a" }, "`route` must be a function."],
    [{ stores, timeoutMs: 0 }, /^`timeoutMs` must be a number of milliseconds/u],
    [{ stores, pin: {} }, /^`pin` is not an option/u],
  ])("%#", (options, message) => {
    const expected = { name: "TypeError", message: expect.stringMatching(message) as string };
    expect(() => routerStore(options as unknown as RouterOptions)).toThrow(
      expect.objectContaining(expected) as Error,
    );
  });
});
