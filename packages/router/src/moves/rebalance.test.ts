import { setTimeout as wait } from "node:timers/promises";
import { memoryStore, type MemoryRecords, type ThreadStore } from "@threadstore/core";
import { expect, test } from "vitest";
import { rendezvous } from "../hashing.ts";
import { routerStore } from "../router-store.ts";
import { moveNamespace } from "./move-namespace.ts";
import { planRebalance, rebalance } from "./rebalance.ts";

const TENANTS = Array.from({ length: 24 }, (_, index) => `tenant-${index}`);

function world(): { open: (names: readonly string[]) => ThreadStore; at: (name: string) => ThreadStore } {
  const records = new Map<string, MemoryRecords>();
  const at = (name: string): ThreadStore => {
    const existing: MemoryRecords = records.get(name) ?? new Map();
    records.set(name, existing);
    return memoryStore({ records: existing });
  };
  const open = (names: readonly string[]): ThreadStore =>
    routerStore({
      stores: Object.fromEntries(names.map((name) => [name, at(name)])),
      placement: at("placement"),
      leaseMs: 10,
    });
  return { open, at };
}

async function placesOf(
  at: (name: string) => ThreadStore,
  names: readonly string[],
): Promise<Map<string, string>> {
  const places = new Map<string, string>();
  for (const name of names) {
    const { namespaces } = await at(name).namespaces({ limit: 1000 });
    for (const namespace of namespaces) {
      expect(places.has(namespace), namespace).toBe(false);
      places.set(namespace, name);
    }
  }
  return places;
}

test("a store that is added gets its share, while namespaces are in use and created, and pinned ones stay", async () => {
  const { open, at } = world();
  await using before = open(["a", "b"]);
  for (const tenant of TENANTS) await before.namespace(tenant).save("chat", { tenant });
  const pinned = TENANTS.find(
    (tenant) => weightedOf(["a", "b"], tenant) === "a" && weightedOf(["a", "b", "c"], tenant) === "c",
  );
  await moveNamespace(before, pinned ?? "", "b");

  const names = ["a", "b", "c"];
  await using router = open(names);
  const weights = { a: 1, b: 1, c: 1 };
  const plan = await planRebalance(router, { weights });
  expect(plan.length).toBeGreaterThan(2);
  expect(plan.every(({ to, namespace }) => to === "c" && namespace !== pinned)).toBe(true);

  const stopped = new AbortController();
  const busy = (async () => {
    for (let n = 0; !stopped.signal.aborted; n += 1) {
      await wait(20);
      await router.namespace(`new-${n}`).save("chat", { n });
      await router.namespace(TENANTS[n % TENANTS.length] ?? "").append("log", [n], { create: { log: [] } });
    }
  })();
  const { moved } = await rebalance(router, { weights });
  stopped.abort();
  await busy;
  expect(moved).toBeGreaterThanOrEqual(plan.length);
  await rebalance(router, { weights });
  expect(await planRebalance(router, { weights })).toEqual([]);

  const places = await placesOf(at, names);
  expect(places.size).toBeGreaterThan(TENANTS.length + 3);
  for (const [namespace, name] of places) {
    expect([namespace, name]).toEqual([namespace, namespace === pinned ? "b" : weightedOf(names, namespace)]);
  }
  for (const tenant of TENANTS)
    expect((await router.namespace(tenant).load("chat"))?.thread).toEqual({ tenant });
  // A router that is opened now, and has never read the record, finds everything.
  await using fresh = open(names);
  for (const namespace of places.keys()) expect(await fresh.namespace(namespace).load("chat")).toBeDefined();
});

test("a store is emptied before it is removed", async () => {
  const { open, at } = world();
  await using router = open(["a", "b", "c"]);
  for (const tenant of TENANTS) await router.namespace(tenant).save("chat", { tenant });
  await rebalance(router, { weights: { a: 1, b: 2 } });
  expect((await at("c").namespaces()).namespaces).toEqual([]);
  await using smaller = open(["a", "b"]);
  for (const tenant of TENANTS) expect(await smaller.namespace(tenant).load("chat")).toBeDefined();
});

test("a namespace that is pinned after a rebalance has planned its move stays", async () => {
  const { open } = world();
  await using router = open(["a", "b"]);
  for (const tenant of TENANTS) await router.namespace(tenant).save("chat", { tenant });
  const weights = { b: 1 };
  const [first, ...others] = await planRebalance(router, { weights });
  expect(others.length).toBeGreaterThan(2);
  let isPinned = false;
  const { moved } = await rebalance(router, {
    weights,
    async onProgress() {
      if (isPinned) return;
      isPinned = true;
      for (const { namespace, from } of others) await moveNamespace(router, namespace, from);
    },
  });
  expect(moved).toBe(1);
  expect(first?.to).toBe("b");
  expect(await planRebalance(router, { weights: { a: 1 } })).toContainEqual({ ...first, from: "b", to: "a" });
  for (const { namespace } of others) expect(await router.namespace(namespace).load("chat")).toBeDefined();
  expect(await planRebalance(router, { weights })).toEqual([]);
});

test("what a rebalance that was stopped has left in another store is deleted by the next one", async () => {
  const { open, at } = world();
  const names = ["a", "b"];
  await using router = open(names);
  for (const tenant of TENANTS) await router.namespace(tenant).save("chat", { tenant });
  const stop = new Error("Stopped.");
  const stopping = rebalance(router, {
    weights: { b: 1 },
    onProgress: () => {
      throw stop;
    },
  });
  await expect(stopping).rejects.toThrow(stop);
  const [inA, inB] = await Promise.all(names.map(async (name) => (await at(name).namespaces()).namespaces));
  expect(inA?.some((namespace) => inB?.includes(namespace))).toBe(true);
  expect(await rebalance(router, { weights: { a: 1, b: 1 } })).toEqual({ moved: 0 });
  const places = await placesOf(at, names);
  expect(places.size).toBe(TENANTS.length);
  for (const [namespace, name] of places) expect(name).toBe(weightedOf(names, namespace));
});

test("arguments are validated", async () => {
  const { open, at } = world();
  await using router = open(["a", "b"]);
  for (const weights of [undefined, {}, { a: 0 }, { x: 1 }, { a: -1 }, { a: "1" }]) {
    const planning = planRebalance(router, { weights: weights as never });
    await expect(planning).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  }
  await using routed = routerStore({
    stores: { a: at("a"), b: at("b") },
    placement: at("placement"),
    route: () => "a",
  });
  await expect(rebalance(routed, { weights: { a: 1 } })).rejects.toMatchObject({ code: "MISCONFIGURED" });
});

function weightedOf(names: readonly string[], namespace: string): string {
  return rendezvous(new Map(names.map((name) => [name, 1])), namespace);
}
