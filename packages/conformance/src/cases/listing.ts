import { hostileIds } from "../corpus/hostile-ids.ts";
import { section, FAULTY_NETWORK, type ConformanceCase } from "../suite/conformance-case.ts";
import {
  expectEqual,
  expectSameIds,
  expectTrue,
  show,
  loadExisting,
  expectError,
  fail,
} from "../suite/expectations.ts";
import { range, inParallel } from "../utilities/parallel.ts";
import {
  storeThrough,
  fill,
  pageCost,
  expectProxied,
  GROWTH,
  expectConstantCost,
} from "./support/page-costs.ts";
import { idsOf, pagesOf, summariesOf } from "./support/reading.ts";

/** Ids of `[0-9A-Za-z._-]` in ascending ASCII order. */
const plainIds = [
  "-",
  "-a",
  ".a",
  "0",
  "1",
  "10",
  "2",
  "A",
  "B",
  "Z",
  "_",
  "a",
  "a-b",
  "a.b",
  "aB",
  "a_",
  "ab",
  "b",
  "z",
].toSorted();

/** Ids that a backend may have to encode in another way, because they are long. */
const LONG_IDS = ["\u00e9", "%", "a/", "\u{1f9f5}"].flatMap((text) => {
  const id = text.repeat(256 / Buffer.byteLength(text));
  return [id, `${id.slice(0, -text.length)}a`];
});

/** Ids whose names a backend may have to hash, so that a prefix is longer than the part of the name before the hash. */
const LONGEST_IDS = ["a", "\u00e9"].flatMap((text) => {
  const id = text.repeat(512 / Buffer.byteLength(text));
  return [id, `${id.slice(0, -text.length)}b`];
});

/** Prefixes of ids, some of which are ids, patterns or parts of encoded names. */
const PREFIXES = [
  "a",
  "A",
  "a.",
  "a/",
  "ab",
  "thread",
  "Thread",
  ".",
  "..",
  "-",
  "_",
  "%",
  "%2",
  "%25",
  "~",
  "!",
  "*",
  "a*",
  "[",
  "?",
  "a%",
  "a_",
  "\\",
  "'",
  '"',
  " ",
  "\u0000",
  "\u00e9",
  "e",
  "e\u0301",
  "\u{1f9f5}",
  "K",
  "\u212a",
  "con",
  "nothing begins so",
  ...LONG_IDS.flatMap((id) => [id, id.slice(0, 2), id.slice(0, -2), `${id.slice(0, 8)}x`]),
  ...LONGEST_IDS.flatMap((id) => [id, id.slice(0, -1), id.slice(0, 150)]),
  ...[300, 340, 400].map((length) => "a".repeat(length)),
  `${"a".repeat(400)}x`,
].filter((prefix) => prefix.isWellFormed());

function threadIds(count: number, prefix = "thread-"): string[] {
  return range(count).map((n) => `${prefix}${String(n).padStart(3, "0")}`);
}

export const listing: ConformanceCase[] = section("Listing", [
  {
    id: "L1-1",
    title: "an empty store lists one empty page",
    clauses: ["L1"],
    async run({ open }) {
      const store = await open();
      expectEqual(await idsOf(store), [], "the listing of an empty store ends at once");
      expectEqual(
        await store.listPage(),
        { threads: [], cursor: undefined },
        "the only page of an empty store is empty",
      );
      await store.save("a", {});
      await store.delete("a");
      expectEqual(
        await store.listPage({ limit: 1 }),
        { threads: [], cursor: undefined },
        "a store that is empty again lists nothing",
      );
    },
  },
  {
    id: "L1-2",
    title: "a listing contains every thread exactly once",
    clauses: ["L1"],
    async run({ open }) {
      const store = await open();
      const ids = range(25).map((n) => `thread-${n}`);
      await inParallel(ids, 8, async (id) => void (await store.save(id, {})));
      for (const id of ids.slice(0, 5)) await store.save(id, { again: true }, { overwrite: true });
      for (const limit of [undefined, 1, 3, 25]) {
        expectEqual(
          await idsOf(store, limit),
          ids.toSorted(),
          `a listing in pages of ${limit ?? "the default size"} contains every thread once`,
        );
      }
      const views = [store.namespace("x"), store.namespace("x").namespace("y")];
      for (const view of views) await view.save("thread-0", {});
      expectEqual((await idsOf(store)).length, 25, "a store does not list the threads of its views");
    },
  },
  {
    id: "L1-3",
    title: "more than 1,000 threads are listed completely, in pages of the default and the maximum size",
    clauses: ["L1", "L2"],
    timeoutMs: 120_000,
    async run({ open, settings }) {
      const store = await open();
      // A backend's own pages may have a thousand items, too.
      const ids = range({ quick: 1010, full: 1200 }[settings.effort]).map((n) => `thread-${n}`);
      await inParallel(ids, 32, async (id) => void (await store.save(id, {})));
      const expected = ids.toSorted();
      for (const limit of { quick: [1000], full: [undefined, 1000] }[settings.effort]) {
        const listed = await idsOf(store, limit);
        expectSameIds(listed, ids, `each of ${ids.length} threads is listed once`);
        expectTrue(
          listed.every((id, index) => id === expected[index]),
          `${ids.length} threads are listed in order`,
          `the listing starts with ${show(listed.slice(0, 5))}`,
        );
      }
    },
  },
  {
    id: "L1-4",
    title: "every hostile id can be listed, even in pages of one thread, and then loaded",
    clauses: ["L1", "N1", "N4"],
    async run({ open }) {
      const store = await open();
      await inParallel(hostileIds, 8, async (id) => void (await store.save(id, { only: id })));
      const listed = await idsOf(store, 1);
      expectSameIds(
        listed,
        hostileIds,
        "pages of one thread, each after a hostile id, contain every thread once",
      );
      for (const id of listed) {
        const stored = await loadExisting(store, id, `the listed id ${show(id)} can be loaded`);
        expectEqual(stored.thread, { only: id }, `the listed id ${show(id)} is the one that was saved`);
      }
    },
  },
  {
    id: "L1-5",
    title: "a page has at most limit threads, and the last one has no cursor",
    clauses: ["L1"],
    async run({ open }) {
      const store = await open();
      const ids = range(6).map((n) => `thread-${n}`);
      for (const id of ids) await store.save(id, {});
      for (const limit of [1, 2, 3, 5, 6, 7, 1000]) {
        const pages = await pagesOf(store, limit);
        expectEqual(pages.flat(), ids, `pages of ${limit} add up to the whole listing`);
        expectEqual(
          pages.length,
          Math.ceil(6 / limit),
          `the page with the last of 6 threads has no cursor if limit is ${limit}`,
        );
        const long = pages.find((page) => page.length > limit);
        expectEqual(long, undefined, `a page has at most ${limit} threads`);
      }
    },
  },
  {
    id: "L1-6",
    title: "a limit outside 1 to 1000 is INVALID_ARGUMENT",
    clauses: ["L1", "F1"],
    async run({ open }) {
      const store = await open();
      await store.save("a", {});
      for (const limit of [0, -1, 1.5, 1001, Number.NaN, Infinity, "10", {}]) {
        const options = { limit: limit as number };
        await expectError("INVALID_ARGUMENT", `listPage with limit ${show(limit)}`, () =>
          store.listPage(options),
        );
        const next = () => store.list(options)[Symbol.asyncIterator]().next();
        await expectError("INVALID_ARGUMENT", `list with limit ${show(limit)}`, next);
      }
    },
  },
  {
    id: "L1-7",
    title: "a listing can be abandoned, restarted and read twice at the same time",
    clauses: ["L1"],
    async run({ open }) {
      const store = await open();
      for (const n of range(5)) await store.save(`thread-${n}`, {});
      for await (const summary of store.list({ limit: 2 })) {
        if (summary.id === "thread-2") break;
      }
      const [one, two] = [store.list({ limit: 2 }), store.list({ limit: 2 })].map((list) =>
        list[Symbol.asyncIterator](),
      );
      const ids: unknown[] = [];
      for (const turn of [one, two, one, one, two]) ids.push((await turn?.next())?.value?.id);
      const expected = ["thread-0", "thread-0", "thread-1", "thread-2", "thread-1"];
      expectEqual(ids, expected, "two listings at the same time do not interfere");
      const { cursor } = await store.listPage({ limit: 3 });
      const remaining: string[] = [];
      for await (const { id } of store.list({ cursor, limit: 1 })) remaining.push(id);
      expectEqual(remaining, ["thread-3", "thread-4"], "list continues from a cursor");
    },
  },
  {
    id: "L1-8",
    title: "threads that exist throughout a listing appear once while others are created and deleted",
    clauses: ["L1"],
    async run({ open, settings }) {
      const [store, other] = [await open(), await open()];
      const count = { quick: 10, full: 30 }[settings.effort];
      const staying = threadIds(count);
      for (const id of staying) await store.save(id, {});
      for (const id of threadIds(10, "gone-")) await store.save(id, {});
      const listed: string[] = [];
      let n = 0;
      for await (const { id } of store.list({ limit: 3 })) {
        listed.push(id);
        await other.save(`a-${n}`, {});
        await other.save(`thread-${String(n % count).padStart(3, "0")}b`, {}, { overwrite: true });
        await other.save(`z-${n}`, {});
        await other.delete(`gone-${String(n % 10).padStart(3, "0")}`);
        n += 1;
        // Threads saved after the cursor would be listed endlessly.
        if (n > 10 + 3 * count) break;
      }
      expectEqual(
        listed.filter((id) => staying.includes(id)),
        staying,
        "each thread that exists throughout is listed once",
      );
      expectEqual(listed.length, new Set(listed).size, "no thread is listed twice");
    },
  },
  {
    id: "L1-9",
    title: "deleting each page while listing visits every thread",
    clauses: ["L1"],
    async run({ open }) {
      const store = await open();
      const ids = threadIds(25);
      for (const id of ids) await store.save(id, {});
      const visited: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await store.listPage({ limit: 4, cursor });
        for (const { id } of page.threads) {
          visited.push(id);
          await store.delete(id);
        }
        ({ cursor } = page);
      } while (cursor !== undefined);
      expectEqual(visited, ids, "deleting listed threads does not make the listing skip others");
      expectEqual(await idsOf(store), [], "every thread was deleted");
    },
  },
  {
    id: "L1-10",
    title: "a cursor is valid for a client opened later",
    clauses: ["L1"],
    async run({ open, close }) {
      const ids = threadIds(9);
      const store = await open();
      for (const id of ids) await store.save(id, {});
      const first = await store.listPage({ limit: 4 });
      await close(store);
      const later = await open();
      const second = await later.listPage({ limit: 4, cursor: first.cursor });
      const remaining = await (await open()).listPage({ cursor: second.cursor });
      const listed = [first, second, remaining].flatMap(({ threads }) => threads.map(({ id }) => id));
      expectEqual(listed, ids, "a listing continues where another client's ended");
      const again = await later.listPage({ limit: 4, cursor: first.cursor });
      expectEqual(again, second, "a cursor can be used twice");
    },
  },
  {
    id: "L1-11",
    title: "a cursor that no listing of this namespace returned is INVALID_ARGUMENT",
    clauses: ["L1", "N3", "F1"],
    async run({ open }) {
      const store = await open();
      for (const view of [store, store.namespace("x")])
        for (const id of threadIds(4)) await view.save(id, {});
      const { cursor = fail("a page has a cursor if more threads follow", "it had none") } =
        await store.listPage({ limit: 2 });
      const { cursor: ofX } = await store.namespace("x").listPage({ limit: 2 });
      const garbage = [
        "",
        " ",
        "x",
        "0",
        "thread-001",
        "*",
        "../",
        "null",
        "AAAAAAAAAAAAAAAA",
        "x".repeat(10_000),
        "\u00e9",
        ofX,
      ];
      for (const wrong of [...garbage, 5, null, {}, true]) {
        const options = { cursor: wrong as string };
        await expectError("INVALID_ARGUMENT", `listPage with the cursor ${show(wrong)}`, () =>
          store.listPage(options),
        );
      }
      const ofStore = () => store.namespace("x").listPage({ cursor });
      await expectError("INVALID_ARGUMENT", "listPage with another namespace's cursor", ofStore);
    },
  },
  {
    id: "L1-12",
    title: "a cursor remains valid when its thread is deleted",
    clauses: ["L1"],
    async run({ open }) {
      const store = await open();
      const ids = threadIds(8);
      for (const id of ids) await store.save(id, {});
      const { cursor, threads } = await store.listPage({ limit: 4 });
      for (const { id } of threads) await store.delete(id);
      await store.delete(ids[4] ?? "");
      const remaining = await store.listPage({ cursor });
      expectEqual(
        remaining.threads.map(({ id }) => id),
        ids.slice(5),
        "a listing continues although the threads around its cursor were deleted",
      );
      expectEqual(
        (await pagesOf(store, 3)).flat(),
        ids.slice(5),
        "a new listing contains the remaining threads",
      );
    },
  },
  {
    id: "L2-1",
    title: "plain ids are listed in ascending ASCII order, and every order is stable",
    clauses: ["L2"],
    async run({ open }) {
      const store = await open();
      for (const id of plainIds.toReversed()) await store.save(id, {});
      expectEqual(
        await idsOf(store),
        plainIds,
        "ids of letters, digits, dots, dashes and underscores are in ASCII order",
      );
      expectEqual(await idsOf(store, 3), plainIds, "the order is the same across small pages");
      const view = (await open()).namespace("x");
      await inParallel(hostileIds, 8, async (id) => void (await view.save(id, {})));
      const order = await idsOf(view);
      for (const id of hostileIds.slice(0, 10)) await view.save(id, { n: 2 }, { overwrite: true });
      expectEqual(
        await idsOf(view, 7),
        order,
        "the order of a listing does not depend on the page size or on who saved last",
      );
    },
  },
  {
    id: "L3-1",
    title: "a page of a listing transfers no more for long threads than for short ones",
    ...FAULTY_NETWORK,
    clauses: ["L3"],
    async run(context) {
      const [proxy, store] = await storeThrough(context);
      const [short, long] = [store.namespace("short"), store.namespace("long")];
      // Longer than the tail of a record that a backend without summaries must read.
      await fill(short, 0, 8, 40_000);
      await fill(long, 0, 8, 300_000);
      const before = await pageCost(proxy, short, { limit: 8 });
      const { bytes } = await pageCost(proxy, long, { limit: 8 });
      expectProxied(before);
      const expectation = "a page of threads of 300 KB transfers no more than one of threads of 40 KB";
      expectTrue(bytes <= before.bytes * 1.25 + 4096, expectation, `${before.bytes} bytes became ${bytes}`);
    },
  },
  {
    id: "L3-2",
    title: "the cost of a page does not depend on the number of threads in any namespace",
    ...FAULTY_NETWORK,
    clauses: ["L3"],
    async run(context) {
      const [proxy, store] = await storeThrough(context);
      const [view, other] = [store.namespace("a"), store.namespace("b")];
      const { before, more } = GROWTH[context.settings.effort];
      await fill(view, 0, before, 100);
      await expectConstantCost(proxy, view, () => fill(other, 0, more, 100));
      await expectConstantCost(proxy, view, () => fill(view, before, more, 100));
    },
  },
  {
    id: "L4-1",
    title: "a summary has the version of the thread, and is accepted as previous",
    clauses: ["L4"],
    async run({ open }) {
      const store = await open();
      await store.save("a", { n: 1 });
      await store.save("a", { n: 2 }, { overwrite: true });
      const stored = await loadExisting(store, "a", "a saved thread can be loaded");
      const [summary] = await summariesOf(store);
      expectEqual(summary?.version, stored.version, "a summary has the version that load returns");
      const saved = await store.save("a", { n: 3 }, { previous: summary });
      expectEqual(saved.thread, { n: 3 }, "a summary is accepted as previous");
    },
  },
  {
    id: "L4-2",
    title: "a summary has id, version, size and times, and metadata on request",
    clauses: ["L4", "M1"],
    async run({ open }) {
      const store = await open();
      const saved = await store.save(
        "a",
        { text: "\u00e9\u{1f9f5}" },
        { metadata: { title: "T" }, ttlMs: 3_600_000 },
      );
      await store.save("b", {});
      const { version, size, createdAt, updatedAt, expiresAt } = saved;
      const details = { corrupt: false, id: "a", version, size, createdAt, updatedAt, expiresAt };
      const [plain] = await summariesOf(store);
      expectEqual(
        { ...plain },
        details,
        "a summary has the details of the thread, and no metadata unless requested",
      );
      const { threads } = await store.listPage({ metadata: true });
      expectEqual(
        { ...threads[0] },
        { ...details, metadata: { title: "T" } },
        "a summary has the metadata if requested",
      );
      expectEqual(threads[1]?.metadata, {}, "a thread without metadata is listed without any");
      expectEqual(size, Buffer.byteLength(saved.json), "size counts bytes of UTF-8");
    },
  },
  {
    id: "L5-1",
    title: "a listing with a prefix has exactly the threads whose id begins with it, in the order of all",
    clauses: ["L5", "L2", "N2", "N4"],
    async run({ open, settings }) {
      const [store, other] = [await open(), await open()];
      const ids = [...new Set([...hostileIds, ...plainIds, ...LONG_IDS, ...LONGEST_IDS])];
      await inParallel(ids, 8, async (id) => void (await store.save(id, {})));
      await store.namespace("a").save("ab", {});
      const order = await idsOf(other);
      for (const prefix of ["", ...PREFIXES]) {
        const expected = order.filter((id) => id.startsWith(prefix));
        // Pages of a few threads, but without a prefix, where there would be most of them.
        const quickLimit = prefix.length === 1 ? 3 : 1000;
        for (const limit of { quick: [quickLimit], full: [3, 1000] }[settings.effort]) {
          expectEqual(
            (await pagesOf(other, limit, prefix)).flat(),
            expected,
            `pages of ${limit} with the prefix ${show(prefix)} have the ids that begin with it`,
          );
        }
      }
      const listed: string[] = [];
      for await (const { id } of store.list({ prefix: "a", limit: 2 })) listed.push(id);
      expectEqual(
        listed,
        order.filter((id) => id.startsWith("a")),
        "list keeps the prefix from page to page",
      );
    },
  },
  {
    id: "L5-2",
    title: "a page with a prefix is complete, and a cursor belongs to its prefix",
    clauses: ["L5", "L1", "F1"],
    async run({ open }) {
      const [store, other] = [await open(), await open()];
      for (const id of [...threadIds(5, "a-"), ...threadIds(3, "b-")]) await store.save(id, {});
      const page = await store.listPage({ prefix: "a-", limit: 3 });
      expectEqual(page.threads.length, 3, "a page with a prefix is full if enough threads have it");
      const { cursor = fail("a page has a cursor if more threads with the prefix follow", "it had none") } =
        page;
      const rest = await other.listPage({ prefix: "a-", limit: 3, cursor });
      expectEqual(
        rest.threads.map(({ id }) => id),
        threadIds(5, "a-").slice(3),
        "a listing with a prefix continues from a cursor",
      );
      expectEqual(rest.cursor, undefined, "the last page with a prefix has no cursor");
      for (const prefix of [undefined, "", "a", "b-"]) {
        await expectError(
          "INVALID_ARGUMENT",
          `the cursor of another prefix with the prefix ${show(prefix)}`,
          () => other.listPage({ prefix, cursor }),
        );
      }
      const wrong = [5, null, {}, ["a"], true, "\ud800", "x".repeat(513)];
      for (const prefix of wrong as string[]) {
        await expectError("INVALID_ARGUMENT", `listPage with the prefix ${show(prefix)}`, () =>
          store.listPage({ prefix }),
        );
      }
    },
  },
  {
    id: "L5-3",
    title: "the cost of a page with a prefix does not depend on the number of other threads",
    ...FAULTY_NETWORK,
    clauses: ["L5", "L3"],
    async run(context) {
      const [proxy, store] = await storeThrough(context);
      const { before, more } = GROWTH[context.settings.effort];
      await fill(store, 0, before, 100);
      const others = range(more).map((n) => (n % 2 === 0 ? `a-${n}` : `z-${n}`));
      const grow = (): Promise<void> =>
        inParallel(others, 16, async (id) => void (await store.save(id, { text: "x".repeat(100) })));
      await expectConstantCost(proxy, store, grow, "thread-");
    },
  },
]);
