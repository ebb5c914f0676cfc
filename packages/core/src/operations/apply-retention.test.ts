import { describe, expect, it } from "vitest";
import { acquireLease } from "../documents/lease.ts";
import { memoryStore } from "../memory-store.ts";
import { applyRetention, type RetentionPolicy } from "./apply-retention.ts";
import { eraseWhere } from "./erase-where.ts";
import type { RemovalOptions } from "./removal-options.ts";
import { clockedStore, corrupt, DAY, idsIn } from "./removals.test-helper.ts";

const NOTHING = { threads: 0, bytes: 0, expired: 0, corrupt: 0, cursor: undefined };

describe("arguments", () => {
  const store = memoryStore();
  const valid = { olderThanMs: DAY };
  const refusals: readonly (readonly [string, ...unknown[]])[] = [
    ["`store`", undefined, valid],
    ["`store`", {}, valid],
    ["options", store, undefined],
    ["options", store, 30],
    ["at least one condition", store, {}],
    ["at least one condition", store, { olderThanMs: undefined }],
    ["`olderThan`", store, { olderThan: DAY }],
    ["`dryRun`", store, { ...valid, dryRun: true }],
    ...[0, -1, Number.NaN, Infinity, "5", 5n, null, {}].map((each) => {
      return ["`olderThanMs`", store, { olderThanMs: each }] as const;
    }),
    ...[0, -1, 1.5, Number.NaN, 1001, "5", 5n, null, {}].map((each) => {
      return ["`keepNewest`", store, { keepNewest: each }] as const;
    }),
    ...[{}, null, [], "owner", { owner: undefined }, { owner: 5 }, { owner: "\ud800" }].map((each) => {
      return ["`where`", store, { where: each }] as const;
    }),
    ["`timeoutMs`", store, valid, { timeoutMs: 5 }],
    ["options", store, valid, null],
    ...[0, -5, Number.NaN, Infinity, "5"].map((each) => {
      return ["`stopAfterMs`", store, valid, { stopAfterMs: each }] as const;
    }),
    ...["namespaces", "dryRun"].map((name) => [`\`${name}\``, store, valid, { [name]: 1 }] as const),
    ...["onProgress", "onThread", "onCorrupt"].map((name) => {
      return [`\`${name}\``, store, valid, { [name]: "log" }] as const;
    }),
    ["`signal`", store, valid, { signal: {} }],
    ...["", 5, null, "bm90IGEgY3Vyc29y"].map((each) => {
      return ["`cursor`", store, valid, { cursor: each }] as const;
    }),
  ];

  it.each(refusals)(
    "that are invalid reject with INVALID_ARGUMENT and name %s",
    async (...[name, ...parameters]) => {
      await expect(
        applyRetention(...(parameters as unknown as Parameters<typeof applyRetention>)),
      ).rejects.toMatchObject({
        code: "INVALID_ARGUMENT",
        message: expect.stringContaining(String(name)) as string,
      });
    },
  );

  it("of an erasure must include a member to match", async () => {
    for (const where of [undefined, null, {}, { owner: undefined }, "ann"]) {
      await expect(eraseWhere(store, where as never)).rejects.toMatchObject({
        code: "INVALID_ARGUMENT",
        message: expect.stringContaining("`where`") as string,
      });
    }
  });

  it("that throw when they are read become the cause", async () => {
    const thrown = new Error("thrown by the caller");
    const hostile = new Proxy(
      {},
      {
        ownKeys() {
          throw thrown;
        },
      },
    );
    for (const [policy, options] of [
      [hostile, {}],
      [{ where: hostile }, {}],
      [valid, hostile],
    ] as const) {
      await expect(applyRetention(store, policy, options)).rejects.toMatchObject({
        code: "INVALID_ARGUMENT",
        cause: thrown,
      });
    }
  });
});

describe("a policy", () => {
  it("deletes what is older than its limit, by the clock of the store", async () => {
    const clocked = clockedStore();
    const { store } = clocked;
    await store.save("old", { n: 1 });
    await store.namespace("a").namespace("b/c").save("old", { n: 22 });
    clocked.time += 1;
    await store.namespace("a").save("exactly at the limit", {});
    clocked.time += DAY;
    const receipt = await applyRetention(store, { olderThanMs: DAY });
    expect(receipt).toEqual({
      ...NOTHING,
      threads: 2,
      bytes: '{"n":1}{"n":22}'.length,
      startedAt: new Date(clocked.time),
      finishedAt: new Date(clocked.time),
    });
    expect(await idsIn(store)).toEqual(["a:exactly at the limit"]);
    expect(await applyRetention(store, { olderThanMs: DAY })).toMatchObject(NOTHING);
  });

  it("keeps the newest threads of each namespace, and of those with the same time the first by id", async () => {
    const clocked = clockedStore();
    const { store } = clocked;
    for (const view of [store, store.namespace("a")]) {
      // In an order that differs from that of the ids.
      for (const n of [5, 3, 250, 4, 249, 1, 2]) await view.save(String(n).padStart(3, "0"), { n });
      clocked.time += 1;
      await view.touch("004", { metadata: { renamed: "yes" } });
    }
    await store.namespace("few").save("only", {});
    expect(await applyRetention(store, { keepNewest: 3 })).toMatchObject({ threads: 8 });
    expect(await idsIn(store)).toEqual([":001", ":002", ":004", "a:001", "a:002", "a:004", "few:only"]);
  });

  it("keeps the newest of more than a page", async () => {
    const clocked = clockedStore();
    const { store } = clocked;
    for (let n = 0; n < 350; n += 1) {
      clocked.time += 1;
      await store.save(String((n * 149) % 350).padStart(3, "0"), { n });
    }
    const newest = (await store.listPage({ order: "updated", limit: 120 })).threads.map(({ id }) => `:${id}`);
    expect(await applyRetention(store, { keepNewest: 120 })).toMatchObject({ threads: 230 });
    expect(await idsIn(store)).toEqual(newest.toSorted());
  });

  it("deletes only what meets all of its conditions", async () => {
    const clocked = clockedStore();
    const { store } = clocked;
    for (let n = 0; n < 6; n += 1) {
      const metadata = { kind: n % 2 === 0 ? "draft" : "chat", n: String(n) };
      await store.save(`${n}`, { n }, { metadata });
      clocked.time += DAY;
    }
    const cases: readonly (readonly [RetentionPolicy, string[]])[] = [
      [{ olderThanMs: 3.5 * DAY, keepNewest: 4 }, ["0", "1"]],
      [{ olderThanMs: 3.5 * DAY, keepNewest: 1 }, ["0", "1", "2"]],
      [{ where: { kind: "draft" } }, ["0", "2", "4"]],
      [{ where: { kind: "draft", n: "2" } }, ["2"]],
      [{ where: { kind: "draft" }, keepNewest: 1 }, ["0", "2"]],
      [{ where: { kind: "draft" }, olderThanMs: 3.5 * DAY, keepNewest: 1 }, ["0", "2"]],
      [{ where: { kind: "chat" }, olderThanMs: 3.5 * DAY }, ["1"]],
      [{ where: { kind: "Chat" } }, []],
    ];
    for (const [policy, expected] of cases) {
      const ids: string[] = [];
      const onThread: RemovalOptions["onThread"] = ({ id }) => ids.push(id);
      const receipt = await applyRetention(store, policy, { dryRun: true, onThread });
      expect(ids.toSorted(), JSON.stringify(policy)).toEqual(expected);
      expect(receipt).toMatchObject({ threads: expected.length, bytes: '{"n":0}'.length * expected.length });
    }
    expect(await idsIn(store)).toHaveLength(6);
  });

  it("applies to one namespace only without `namespaces`", async () => {
    const { store } = clockedStore();
    for (const view of [store, store.namespace("a"), store.namespace("a").namespace("b")]) {
      await view.save("t", {}, { metadata: { owner: "ann" } });
    }
    const receipt = await applyRetention(
      store.namespace("a"),
      { where: { owner: "ann" } },
      { namespaces: false },
    );
    expect(receipt).toMatchObject({ threads: 1 });
    expect(await idsIn(store)).toEqual([":t", "a/b:t"]);
    expect(await eraseWhere(store, { owner: "ann" }, { namespaces: false })).toMatchObject({ threads: 1 });
    expect(await idsIn(store)).toEqual(["a/b:t"]);
  });

  it("removes the bytes of expired threads, and only counts them in a dry run", async () => {
    const clocked = clockedStore();
    const { store, records } = clocked;
    await store.save("short", {}, { ttlMs: DAY });
    await store.namespace("a").save("short", {}, { ttlMs: DAY });
    await store.namespace("a").save("long", {});
    clocked.time += 2 * DAY;
    const policy = { olderThanMs: 30 * DAY };
    expect(await applyRetention(store, policy, { dryRun: true })).toMatchObject({ ...NOTHING, expired: 2 });
    expect([...(records.get("a")?.keys() ?? [])]).toEqual(["short", "long"]);
    expect(await applyRetention(store, policy)).toMatchObject({ ...NOTHING, expired: 2 });
    expect([...(records.get("a")?.keys() ?? [])]).toEqual(["long"]);
    expect(records.get("")?.size ?? 0).toBe(0);
  });

  it("keeps and counts corrupt records, which do not count as the newest", async () => {
    const clocked = clockedStore();
    const { store } = clocked;
    const view = store.namespace("a").namespace("b");
    for (const id of ["1", "2", "3"]) await view.save(id, { id }, { metadata: { owner: "ann" } });
    corrupt(clocked, "a/b", "1");
    const reported: unknown[] = [];
    const onCorrupt: RemovalOptions["onCorrupt"] = (thread) => reported.push(thread);
    const receipt = await applyRetention(store, { keepNewest: 1 }, { onCorrupt });
    expect(receipt).toMatchObject({ threads: 1, corrupt: 1 });
    expect(await idsIn(store)).toEqual(["a/b:1", "a/b:2"]);
    // The second pass, which does not find anything, counts it again instead of adding to the first.
    expect(await eraseWhere(store, { owner: "ann" }, { onCorrupt })).toMatchObject({
      threads: 1,
      corrupt: 1,
    });
    expect(await idsIn(store)).toEqual(["a/b:1"]);
    expect(reported).toEqual(Array.from({ length: 3 }, () => ({ namespaces: ["a", "b"], id: "1" })));
  });

  it("keeps leases, which belong to runs in progress", async () => {
    const { store } = clockedStore();
    const view = store.namespace("a");
    const lease = { durationMs: 60_000, waitMs: 0 };
    for (const id of ["1", "2", "3"]) {
      await view.save(id, {});
      await acquireLease({ store: view, id, lease });
    }
    expect(await applyRetention(store, { keepNewest: 1 })).toMatchObject({ threads: 2 });
    for (const id of ["1", "2", "3"]) expect(await acquireLease({ store: view, id, lease })).toBeUndefined();
  });
});

describe("an erasure", () => {
  it("deletes the threads of one person in all namespaces, and nothing else", async () => {
    const { store } = clockedStore();
    for (const view of [store, store.namespace("a"), store.namespace("a").namespace("b")]) {
      await view.save("hers", { n: 1 }, { metadata: { owner: "ann", title: "Hello" } });
      await view.save("his", {}, { metadata: { owner: "bob", for: "ann" } });
      await view.save("nobody's", {});
    }
    const receipt = await eraseWhere(store, { owner: "ann" });
    expect(receipt).toMatchObject({ threads: 3, bytes: 3 * '{"n":1}'.length, cursor: undefined });
    expect((await idsIn(store)).filter((id) => id.endsWith("hers"))).toEqual([]);
    expect(await idsIn(store)).toHaveLength(6);
    expect(await eraseWhere(store, { owner: "ann" })).toMatchObject(NOTHING);
  });
});
