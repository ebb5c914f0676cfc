import { memoryStore, type MemoryRecords, type ThreadStore } from "@threadstore/core";
import { eraseWhere } from "@threadstore/core/maintenance";
import { expect, test, vi } from "vitest";
import { routerStore } from "../router-store.ts";
import { moveNamespace } from "./move-namespace.ts";
import type { MoveProgress } from "./move-options.ts";
import { planRebalance, rebalance } from "./rebalance.ts";

/** Stores in memory that several routers share, as processes do. */
class World {
  readonly records: { readonly [name: string]: MemoryRecords } = {
    a: new Map(),
    b: new Map(),
    c: new Map(),
    placement: new Map(),
  };

  store(name: string): ThreadStore {
    return memoryStore({ records: this.records[name] ?? new Map() });
  }

  router(options: { readonly leaseMs?: number } = {}): ThreadStore {
    const stores = { a: this.store("a"), b: this.store("b"), c: this.store("c") };
    const placement = this.store("placement");
    return routerStore({ stores, placement, pins: { acme: "a" }, leaseMs: 20, ...options });
  }
}

async function idsOf(store: ThreadStore): Promise<string[]> {
  const ids: string[] = [];
  for await (const { id } of store.list()) ids.push(id);
  return ids;
}

test("moves a namespace with its nested ones, bytes, times, metadata and keys of appends", async () => {
  const world = new World();
  await using router = world.router();
  const acme = router.namespace("acme");
  const saved = await acme.save("chat", '{ "n":1.0,"messages":[] }', { metadata: { owner: "ann" } });
  await acme.append("chat", ["hello"], { key: "delivery-1" });
  await acme.namespace("ann").namespace("deep").save("nested", {}, { ttlMs: 60_000 });
  await router.namespace("other").save("chat", {});
  const before = await acme.load("chat");

  const progress: MoveProgress[] = [];
  const result = await moveNamespace(router, "acme", "b", { onProgress: (each) => void progress.push(each) });
  expect(result).toMatchObject({ store: "b", copied: 2, deleted: 2 });
  expect(result.closedMs).toBeLessThan(2000);
  expect(new Set(progress.map(({ phase }) => phase))).toEqual(
    new Set(["copying", "closing", "closed", "cleaning"]),
  );

  const after = await acme.load("chat");
  expect(after).toMatchObject({
    json: before?.json,
    metadata: { owner: "ann" },
    createdAt: saved.createdAt,
    updatedAt: before?.updatedAt,
  });
  expect(await acme.append("chat", ["hello"], { key: "delivery-1" })).toMatchObject({ appended: false });
  expect((await acme.namespace("ann").namespace("deep").load("nested"))?.expiresAt).toBeInstanceOf(Date);
  expect(await idsOf(world.store("a").namespace("acme"))).toEqual([]);
  expect(await idsOf(world.store("b").namespace("acme"))).toEqual(["chat"]);
  expect(await router.namespace("other").load("chat")).toBeDefined();
});

test("a process that is not restarted follows, and earlier versions are conflicts", async () => {
  const world = new World();
  await using mover = world.router();
  await using other = world.router();
  const view = other.namespace("acme");
  const saved = await view.save("chat", { n: 1 });
  await moveNamespace(mover, "acme", "b");
  const currentVersion = (await view.load("chat"))?.version;
  await expect(view.save("chat", { n: 2 }, { previous: saved })).rejects.toMatchObject({
    code: "CONFLICT",
    currentVersion,
  });
  expect((await view.load("chat", { cached: saved }))?.thread).toEqual({ n: 1 });
  await view.update("chat", () => ({ n: 2 }));
  expect((await world.store("b").namespace("acme").load("chat"))?.thread).toEqual({ n: 2 });
});

test("moves the threads without a namespace, and leaves namespaces where they are", async () => {
  const world = new World();
  await using router = world.router();
  await router.save("root", { n: 1 });
  await router.namespace("acme").save("chat", {});
  expect(await moveNamespace(router, "", "c")).toMatchObject({ store: "c", copied: 1, deleted: 1 });
  expect([await idsOf(world.store("a")), await idsOf(world.store("c"))]).toEqual([[], ["root"]]);
  expect(await idsOf(world.store("a").namespace("acme"))).toEqual(["chat"]);
  expect((await router.load("root"))?.thread).toEqual({ n: 1 });
});

test("a move to the present store deletes what is left of the namespace in no other than the target of a move", async () => {
  const world = new World();
  await using router = world.router();
  const acme = router.namespace("acme");
  for (const id of ["a", "b", "c"]) await acme.save(id, {});
  const stopped = new AbortController();
  const moving = moveNamespace(router, "acme", "b", {
    signal: stopped.signal,
    onProgress: () => stopped.abort(new Error("Stopped.")),
  });
  await expect(moving).rejects.toThrow("Stopped.");
  expect(await idsOf(world.store("b").namespace("acme"))).toEqual(["a", "b", "c"]);
  await acme.save("d", {});
  expect(await idsOf(acme)).toEqual(["a", "b", "c", "d"]);
  expect(await moveNamespace(router, "acme", "a")).toMatchObject({ store: "a", copied: 0, deleted: 3 });
  expect(await idsOf(world.store("b").namespace("acme"))).toEqual([]);
  expect(await idsOf(acme)).toEqual(["a", "b", "c", "d"]);
});

test("a move that continues compares what was copied, and deletes what no longer exists", async () => {
  const world = new World();
  await using router = world.router();
  const acme = router.namespace("acme");
  for (const id of ["changed", "deleted", "same"]) await acme.save(id, { n: 1 });
  const stop = new Error("Stopped.");
  const moving = moveNamespace(router, "acme", "b", {
    onProgress: () => {
      throw stop;
    },
  });
  await expect(moving).rejects.toThrow(stop);
  await acme.update("changed", () => ({ n: 2 }));
  await acme.delete("deleted");
  await acme.save("new", {});
  expect(await moveNamespace(router, "acme", "b")).toMatchObject({ copied: 2 });
  expect(await idsOf(acme)).toEqual(["changed", "new", "same"]);
  expect((await acme.load("changed"))?.thread).toEqual({ n: 2 });
});

test("a move is given up for one to another store", async () => {
  const world = new World();
  await using router = world.router();
  const acme = router.namespace("acme");
  await acme.save("chat", {});
  const stop = new Error("Stopped.");
  const fail = (): never => {
    throw stop;
  };
  await expect(moveNamespace(router, "acme", "b", { onProgress: fail })).rejects.toThrow(stop);
  expect(await moveNamespace(router, "acme", "c")).toMatchObject({ store: "c" });
  const stored = await Promise.all(
    ["a", "b", "c"].map(async (name) => idsOf(world.store(name).namespace("acme"))),
  );
  expect(stored).toEqual([[], [], ["chat"]]);
});

test("a corrupt thread stops a move before the namespace is closed, and is kept", async () => {
  const world = new World();
  await using router = world.router();
  const acme = router.namespace("acme");
  await acme.save("fine", {});
  await acme.save("corrupt", { text: "x".repeat(100) });
  const record = world.records["a"]?.get("acme")?.get("corrupt");
  record?.bytes.fill(0);
  await expect(moveNamespace(router, "acme", "b")).rejects.toMatchObject({ code: "CORRUPT", id: "corrupt" });
  await expect(acme.load("corrupt")).rejects.toMatchObject({ code: "CORRUPT" });
  expect(await acme.load("fine")).toBeDefined();
  await acme.delete("corrupt");
  expect(await moveNamespace(router, "acme", "b")).toMatchObject({ store: "b" });
});

test("only one process moves a namespace at a time", async () => {
  const world = new World();
  await using one = world.router();
  await using two = world.router();
  await one.namespace("acme").save("chat", {});
  let second: Promise<unknown> = Promise.resolve();
  await moveNamespace(one, "acme", "b", {
    async onProgress({ phase }) {
      if (phase !== "copying") return;
      second = moveNamespace(two, "acme", "c", { claimMs: 100 });
      await expect(second).rejects.toMatchObject({ code: "CONFLICT", message: /Another process/u });
    },
  });
  expect(await idsOf(one.namespace("acme"))).toEqual(["chat"]);
});

test("calls go on without the process that closed a namespace, once its claim has expired", async () => {
  const world = new World();
  await using router = world.router();
  const acme = router.namespace("acme");
  await acme.save("chat", {});
  const record = await world.store("placement").load("placements");
  const units = [["acme", "a", 0, true, ["b", "closed", "of a dead process"]]];
  await world.store("placement").save("placements", { ...record?.thread, units }, { overwrite: true });
  await new Promise((resolve) => void setTimeout(resolve, 50));
  expect(await acme.load("chat")).toBeDefined();
  expect(await moveNamespace(router, "acme", "b")).toMatchObject({ store: "b", copied: 1 });
});

test("calls wait while a namespace is closed, and say so if it takes too long", async () => {
  const world = new World();
  await using router = world.router();
  const acme = router.namespace("acme");
  await acme.save("chat", {});
  let waiting: Promise<unknown> = Promise.resolve();
  await moveNamespace(router, "acme", "b", {
    async onProgress({ phase }) {
      if (phase !== "closed") return;
      await new Promise((resolve) => void setTimeout(resolve, 50));
      const impatient = acme.load("chat", { timeoutMs: 30 });
      await expect(impatient).rejects.toMatchObject({ code: "UNAVAILABLE", retryable: true });
      waiting = acme.append("chat", ["x"], { create: { log: [] } }).catch((error: unknown) => error);
    },
  });
  // The thread has no array at its end: the call reached the new store.
  expect(await waiting).toMatchObject({ code: "INVALID_ARGUMENT" });
});

test("a listing of namespaces has those that were moved to a store which it has passed", async () => {
  const world = new World();
  await using router = world.router();
  for (const tenant of ["acme", "t1", "t2", "t3", "t4", "t5", "t6"])
    await router.namespace(tenant).save("x", {});
  await moveNamespace(router, "acme", "c");
  const { cursor, namespaces } = await router.namespaces({ limit: 4 });
  expect(namespaces).not.toContain("acme");
  await moveNamespace(router, "acme", "a");
  const rest = await router.namespaces({ cursor });
  expect([...namespaces, ...rest.namespaces].toSorted()).toEqual([
    "acme",
    "t1",
    "t2",
    "t3",
    "t4",
    "t5",
    "t6",
  ]);
});

test("a record that another program has stored, or that was deleted, is reported", async () => {
  const world = new World();
  await using router = world.router({ leaseMs: 0 });
  await world.store("placement").save("placements", { mine: true });
  await expect(router.namespace("acme").load("x")).rejects.toMatchObject({
    code: "MISCONFIGURED",
    message: /does not know/u,
  });
});

test("a store that the record names must be in the router", async () => {
  const world = new World();
  await using router = world.router();
  await moveNamespace(router, "acme", "c");
  await using smaller = routerStore({
    stores: { a: world.store("a"), b: world.store("b") },
    placement: world.store("placement"),
  });
  await expect(smaller.namespace("acme").load("x")).rejects.toMatchObject({
    code: "MISCONFIGURED",
    message: /the store "c".+Pass all stores/u,
  });
});

test("calls that visit all stores reject instead of leaving out a store that the router does not have", async () => {
  const world = new World();
  await using router = world.router();
  await router.namespace("acme").save("x", {}, { metadata: { owner: "ann" } });
  await moveNamespace(router, "acme", "c");
  await using smaller = routerStore({
    stores: { a: world.store("a"), b: world.store("b") },
    placement: world.store("placement"),
  });
  const rejection = { code: "MISCONFIGURED", message: /the store "c"/u };
  await expect(smaller.namespaces()).rejects.toMatchObject(rejection);
  await expect(smaller.erase()).rejects.toMatchObject(rejection);
  await expect(eraseWhere(smaller, { owner: "ann" })).rejects.toMatchObject(rejection);
  expect(await router.namespace("acme").load("x")).toBeDefined();

  await moveNamespace(router, "acme", "a");
  const weights = { a: 1, b: 1 };
  // The hash can still place a namespace in the third store.
  await expect(smaller.namespaces()).rejects.toMatchObject(rejection);
  await rebalance(router, { weights });
  // It may use its last reading of the record for half of the lease.
  await vi.waitFor(async () => expect((await smaller.namespaces()).namespaces).toEqual(["acme"]));
});

test("the copies of an unfinished move in a store that the router does not have are not left out", async () => {
  const world = new World();
  await using router = world.router();
  await router.namespace("acme").save("x", {});
  const stop = new AbortController();
  await rebalance(router, { weights: { a: 1, b: 1 } });
  await expect(
    moveNamespace(router, "acme", "c", { signal: stop.signal, onProgress: () => stop.abort() }),
  ).rejects.toMatchObject({ name: "AbortError" });
  await using smaller = routerStore({
    stores: { a: world.store("a"), b: world.store("b") },
    placement: world.store("placement"),
  });
  await expect(smaller.erase()).rejects.toMatchObject({ code: "MISCONFIGURED", message: /the store "c"/u });
  await moveNamespace(router, "acme", "a");
  await vi.waitFor(async () => expect(await smaller.erase()).toMatchObject({ threads: 1 }));
});

test("arguments are validated", async () => {
  const world = new World();
  await using router = world.router();
  await using fixed = routerStore({ stores: { a: world.store("a"), b: world.store("b") } });
  const calls = [
    async () => moveNamespace(fixed, "acme", "b"),
    async () => moveNamespace(router.namespace("acme"), "acme", "b"),
    async () => moveNamespace(router, "acme", "d"),
    async () => moveNamespace(router, "\ud800", "b"),
    async () => moveNamespace(router, "acme", "b", { claimMs: 1 }),
    async () => moveNamespace(router, "acme", "b", { onProgress: "x" as never }),
    async () => moveNamespace(router, "acme", "b", { progress: true } as never),
  ];
  for (const call of calls) await expect(call()).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
});

test("a move to the present store pins the namespace", async () => {
  const world = new World();
  await using router = world.router();
  const tenants = Array.from({ length: 8 }, (_, index) => `tenant-${index}`);
  for (const tenant of tenants) await router.namespace(tenant).save("chat", {});
  const weights = { c: 1 };
  const [first, second, ...others] = await planRebalance(router, { weights });
  expect(others.length).toBeGreaterThan(0);
  for (const planned of [first, second]) {
    const { namespace = "", from = "" } = planned ?? {};
    expect(await moveNamespace(router, namespace, from)).toMatchObject({ store: from, copied: 0 });
  }
  expect(await planRebalance(router, { weights })).toEqual(others);
});

test("the last page of a move can be full: expired threads that follow it are deleted, too", async () => {
  const world = new World();
  await using router = world.router();
  await using earlier = memoryStore({ records: world.records["a"], now: () => Date.now() - 120_000 });
  const acme = earlier.namespace("acme");
  for (let n = 0; n < 500; n += 1) await acme.save(`thread-${n}`, {});
  await acme.save("expired", {}, { ttlMs: 60_000 });
  await moveNamespace(router, "acme", "b");
  expect([...(world.records["a"]?.get("acme")?.keys() ?? [])]).toEqual([]);
  expect((await router.namespace("acme").listPage({ limit: 1000 })).threads.length).toBe(500);
});

test("calls fail if the record was deleted, instead of looking in the wrong store", async () => {
  const world = new World();
  await using router = world.router({ leaseMs: 0 });
  const acme = router.namespace("acme");
  await acme.save("chat", {});
  await moveNamespace(router, "acme", "b");
  await world.store("placement").delete("placements");
  await expect(acme.load("chat")).rejects.toMatchObject({ code: "MISCONFIGURED", message: /deleted/u });
  expect(await world.store("placement").load("placements")).toBeUndefined();
});
