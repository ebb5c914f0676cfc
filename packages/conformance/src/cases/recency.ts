import type { ListOptions, ThreadStore } from "@threadstore/core";
import { hostileIds } from "../corpus/hostile-ids.ts";
import { FAULTY_NETWORK, section, type ConformanceCase } from "../suite/conformance-case.ts";
import { expectEqual, expectError, expectTrue, fail, show } from "../suite/expectations.ts";
import { inParallel, range } from "../utilities/parallel.ts";
import { fill, pageCost, expectProxied, storeThrough } from "./support/page-costs.ts";
import { expectGroups, idsIn, recencyFixture } from "./support/recency.ts";

const BY_RECENCY = { order: "updated" } as const;

/** Resolves with the ids of each page of a listing by recency. `between` runs after each page. */
async function recentPages(
  store: ThreadStore,
  options: ListOptions,
  between: (page: number) => Promise<void> = async () => undefined,
): Promise<string[][]> {
  const pages: string[][] = [];
  let cursor: string | undefined;
  do {
    const page = await store.listPage({ ...BY_RECENCY, ...options, cursor });
    pages.push(page.threads.map(({ id }) => id));
    ({ cursor } = page);
    if (cursor !== undefined) await between(pages.length);
  } while (cursor !== undefined && pages.length < 200);
  return pages;
}

export const recency: ConformanceCase[] = section("Listing", [
  {
    id: "L6-1",
    title: "order updated lists the latest save first, in whatever way a thread was saved",
    clauses: ["L6"],
    async run(context) {
      const { store, other, pass } = await recencyFixture(context);
      const ids = ["c", "f", "a", "e", "b", "d", "h", "g"];
      for (const id of ids) await store.save(id, { messages: [] });
      await pass();
      await other.save("b", { n: 2 }, { overwrite: true });
      await store.update("f", () => ({ n: 2 }));
      await other.append("a", ["message"]);
      await pass();
      await store.save("e", { n: 2 }, { previous: await store.load("e") });
      await store.touch("d", { metadata: { title: "T" } });
      await other.delete("c");
      await other.save("c", { n: 2 });
      const groups = [
        ["c", "d", "e"],
        ["a", "b", "f"],
        ["g", "h"],
      ];
      for (const limit of [undefined, 2]) {
        expectGroups(
          context,
          await idsIn(other, { ...BY_RECENCY, limit }),
          groups,
          `a listing by recency in pages of ${limit ?? "the default size"} has the latest save first`,
        );
      }
      expectEqual(
        await idsIn(store, { order: "id" }),
        ids.toSorted(),
        "a listing with order id is in ascending order",
      );
    },
  },
  {
    id: "L6-2",
    title: "threads that were saved at the same time are listed once each, by id, whatever the page size",
    clauses: ["L6", "L1"],
    async run(context) {
      const { store, other } = await recencyFixture(context);
      const ids = ["-", "A", "Z", "_", "a", "a.b", "b"];
      for (const id of ids.toReversed()) await store.save(id, {});
      for (const limit of { quick: [2, 7], full: [1, 2, 3, 6, 7, 8] }[context.settings.effort]) {
        const pages = await recentPages(other, { limit });
        expectGroups(
          context,
          pages.flat(),
          [ids.toSorted()],
          `pages of ${limit} have each thread that was saved at that time once, in ascending order`,
        );
        expectTrue(
          pages.length === Math.ceil(ids.length / limit),
          `the page with the last of ${ids.length} threads has no cursor if limit is ${limit}`,
          `there were ${pages.length} pages`,
        );
      }
      const view = store.namespace("x");
      await inParallel(hostileIds, 8, async (id) => void (await view.save(id, {})));
      expectEqual(
        (await recentPages(view, { limit: 100 })).flat().toSorted(),
        hostileIds.toSorted(),
        "a listing by recency has every hostile id once",
      );
    },
  },
  {
    id: "L6-3",
    title: "threads that are not saved during a listing by recency appear once, and no thread appears twice",
    clauses: ["L6", "L1"],
    async run(context) {
      const { store, other, pass } = await recencyFixture(context);
      const ids = range(16).map((n) => `thread-${String(n).padStart(2, "0")}`);
      for (const [n, id] of ids.entries()) {
        await store.save(id, {});
        if (n % 8 === 7) await pass();
      }
      const changed = new Set<string>();
      const pages = await recentPages(store, { limit: 3 }, async (page) => {
        const [saved = "", later = "", deleted = ""] = [ids[page - 1], ids[15 - page], ids[6 + page]];
        await other.save(saved, { page }, { overwrite: true });
        await other.save(later, { page }, { overwrite: true });
        await other.delete(deleted);
        await other.save(`new-${page}`, {});
        for (const id of [saved, later, deleted]) changed.add(id);
      });
      const listed = pages.flat();
      const unchanged = ids.filter((id) => !changed.has(id));
      expectTrue(unchanged.length > 0, "the case leaves some threads unchanged", "it changed all");
      expectEqual(
        listed.filter((id) => unchanged.includes(id)).toSorted(),
        unchanged,
        "each thread that is not saved during the listing appears in it once",
      );
      expectEqual(listed.length, new Set(listed).size, "no thread appears twice in a listing by recency");
    },
  },
  {
    id: "L6-4",
    title:
      "a cursor of a listing by recency outlives its client and belongs to its order, prefix and namespace",
    clauses: ["L6", "L1", "F1"],
    async run(context) {
      const { store, other, open } = await recencyFixture(context);
      for (const view of [store, store.namespace("x")])
        for (const n of range(5)) await view.save(`a-${n}`, {});
      const first = await store.listPage({ ...BY_RECENCY, limit: 2 });
      const { cursor = fail("a page has a cursor if more threads follow", "it had none") } = first;
      const { cursor: byId } = await store.listPage({ limit: 2 });
      await context.close(store);
      const later = await open();
      const second = await later.listPage({ ...BY_RECENCY, limit: 3, cursor });
      const listed = [...first.threads, ...second.threads].map(({ id }) => id);
      expectEqual(
        [listed.toSorted(), second.cursor],
        [range(5).map((n) => `a-${n}`), undefined],
        "a listing by recency continues where another client's ended",
      );
      const wrong: ListOptions[] = [
        { cursor },
        { cursor, order: "id" },
        { cursor, ...BY_RECENCY, prefix: "a" },
        { cursor, ...BY_RECENCY, where: { title: "T" } },
        { cursor: byId, ...BY_RECENCY },
        { cursor: "x", ...BY_RECENCY },
      ];
      for (const options of wrong) {
        await expectError(
          "INVALID_ARGUMENT",
          `listPage with the cursor of another listing: ${show(options)}`,
          () => other.listPage(options),
        );
      }
      await expectError("INVALID_ARGUMENT", "listPage with another namespace's cursor", () =>
        other.namespace("x").listPage({ ...BY_RECENCY, cursor }),
      );
      for (const order of ["", "ID", "created", "desc", 1, null, {}] as "id"[]) {
        await expectError("INVALID_ARGUMENT", `listPage with the order ${show(order)}`, () =>
          other.listPage({ order }),
        );
      }
    },
  },
  {
    id: "L6-5",
    title: "a listing by recency has the threads of its namespace and prefix only, with their details",
    clauses: ["L6", "L5", "L4", "N3"],
    async run(context) {
      const { store, other, pass } = await recencyFixture(context);
      for (const id of ["a-1", "a-2", "A-1", "b-1", "a"]) await store.save(id, {}, { metadata: { id } });
      await pass();
      const view = store.namespace("a-");
      for (const each of [view, view.namespace("x")]) await each.save("a-9", {});
      const saved = await store.save("a-1", { n: 2 }, { overwrite: true });
      for (const limit of [1, 10]) {
        expectGroups(
          context,
          (await recentPages(other, { prefix: "a-", limit })).flat(),
          [["a-1"], ["a-2"]],
          "a listing by recency with a prefix has the threads whose id begins with it",
        );
      }
      const { threads } = await other.listPage({ ...BY_RECENCY, limit: 1, metadata: true });
      const { version, size, createdAt, updatedAt, expiresAt } = saved;
      expectEqual(
        { ...threads[0] },
        {
          corrupt: false,
          id: "a-1",
          version,
          size,
          createdAt,
          updatedAt,
          expiresAt,
          metadata: { id: "a-1" },
        },
        "a listing by recency has the details of each thread",
      );
    },
  },
  {
    id: "L6-6",
    title: "a listing by recency has no deleted or expired threads, and a thread that is created again once",
    clauses: ["L6", "E3", "T1"],
    async run(context) {
      const { store, other, pass, advance } = await recencyFixture(context);
      for (const id of ["a", "b", "c", "d"]) await store.save(id, {}, { ttlMs: 3_600_000 });
      await store.save("e", {});
      await store.delete("a");
      await store.delete("b");
      await pass();
      await other.save("b", { again: true });
      const listed = await idsIn(store, BY_RECENCY);
      expectGroups(context, listed, [["b"], ["c", "d", "e"]], "deleted threads are not listed by recency");
      advance(3_600_000);
      await pass();
      await other.save("c", { again: true });
      for (const limit of [undefined, 1]) {
        expectGroups(
          context,
          await idsIn(store, { ...BY_RECENCY, limit }),
          [["c"], ["b"], ["e"]],
          "expired threads are not listed by recency, and one that was created again appears once",
        );
      }
    },
  },
  {
    id: "L6-7",
    title: "a listing by recency contains corrupt threads, marked as corrupt",
    clauses: ["L6", "E2"],
    capabilities: ["rewrite"],
    async run(context) {
      const { store } = await recencyFixture(context);
      for (const id of ["a", "b", "c"]) await store.save(id, {});
      await context.rewrite("b", (record) => record.slice(0, -20));
      const { threads } = await store.listPage(BY_RECENCY);
      expectEqual(
        threads.map(({ id, corrupt }) => `${id} ${corrupt}`).toSorted(),
        ["a false", "b true", "c false"],
        "a listing by recency has every thread once and marks the corrupt one",
      );
      await store.save("b", { n: 2 }, { overwrite: true });
      expectEqual(
        (await idsIn(store, { ...BY_RECENCY, limit: 1 })).toSorted(),
        ["a", "b", "c"],
        "a thread that replaced a corrupt one is listed by recency once",
      );
    },
  },
  {
    id: "L6-8",
    title: "a page by recency reads no content of threads that are not on it",
    ...FAULTY_NETWORK,
    clauses: ["L6", "L3"],
    async run(context) {
      const [proxy, store] = await storeThrough(context);
      const [before, more] = [10, 30];
      await fill(store, 0, before, 20_000);
      const first = await pageCost(proxy, store, { ...BY_RECENCY, limit: 5 });
      expectProxied(first);
      await fill(store, before, more, 20_000);
      const { requests, bytes } = await pageCost(proxy, store, { ...BY_RECENCY, limit: 5 });
      // A backend may read the names and times of all threads.
      expectTrue(
        requests <= first.requests * 1.5 + 2 && bytes <= first.bytes * 1.5 + more * 1000,
        "a page by recency transfers at most names and times of threads that are not on it",
        `with ${more} more, ${first.requests} requests and ${first.bytes} bytes became ${requests} and ${bytes}`,
      );
    },
  },
]);
