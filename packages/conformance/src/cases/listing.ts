import { hostileIds } from "../corpus/hostile-ids.ts";
import { type ConformanceCase, section } from "../suite/conformance-case.ts";
import { holds, loaded, same, show } from "../suite/expectations.ts";
import { inParallel, range } from "../utilities/parallel.ts";
import { idsOf, summariesOf } from "./reading.ts";

/** Ids of `[0-9A-Za-z._-]`, in ascending ASCII. */
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

export const listing: ConformanceCase[] = section("Listing", "core", [
  {
    id: "N01",
    title: "a listing of nothing is one empty page",
    clauses: ["L1"],
    async run({ open }) {
      const store = await open();
      same(await idsOf(store), [], "list of an empty store ends at once");
      same(
        await store.listPage(),
        { threads: [], cursor: undefined },
        "the only page of an empty store is empty",
      );
      await store.save("a", {});
      await store.delete("a");
      same(
        await store.listPage({ limit: 1 }),
        { threads: [], cursor: undefined },
        "a store that is empty again lists nothing",
      );
    },
  },
  {
    id: "N02",
    title: "a listing has every thread exactly once",
    clauses: ["L1"],
    async run({ open }) {
      const store = await open();
      const ids = range(25).map((n) => `thread-${n}`);
      await inParallel(ids, 8, async (id) => void (await store.save(id, {})));
      for (const id of ids.slice(0, 5)) await store.save(id, { again: true }, { overwrite: true });
      for (const limit of [undefined, 1, 3, 25]) {
        same(
          await idsOf(store, limit),
          ids.toSorted(),
          `list in pages of ${limit ?? "the default size"} has every thread once`,
        );
      }
      const views = [store.namespace("x"), store.namespace("x").namespace("y")];
      for (const view of views) await view.save("thread-0", {});
      same((await idsOf(store)).length, 25, "a store does not list the threads of its views");
    },
  },
  {
    id: "N07",
    title: "over 1,000 threads are listed completely, in pages of the default and of the largest size",
    clauses: ["L1", "L2"],
    timeoutMs: 120_000,
    async run({ open, settings }) {
      const store = await open();
      // A backend's own pages may have a thousand too.
      const ids = range({ quick: 1010, full: 1200 }[settings.effort]).map((n) => `thread-${n}`);
      await inParallel(ids, 32, async (id) => void (await store.save(id, {})));
      const expected = ids.toSorted();
      for (const limit of [undefined, 1000]) {
        const listed = await idsOf(store, limit);
        same(listed.length, ids.length, `every one of ${ids.length} threads is listed once`);
        holds(
          listed.every((id, index) => id === expected[index]),
          `${ids.length} threads are listed in order`,
          `they began ${show(listed.slice(0, 5))}`,
        );
      }
    },
  },
  {
    id: "N10",
    title: "plain ids are listed in ascending ASCII, and every order stays as it is",
    clauses: ["L2"],
    async run({ open }) {
      const store = await open();
      for (const id of plainIds.toReversed()) await store.save(id, {});
      same(
        await idsOf(store),
        plainIds,
        "ids of letters, digits, dots, dashes and underscores are in ASCII order",
      );
      same(await idsOf(store, 3), plainIds, "the order is the same over small pages");
      const view = (await open()).namespace("x");
      await inParallel(hostileIds, 8, async (id) => void (await view.save(id, {})));
      const order = await idsOf(view);
      for (const id of hostileIds.slice(0, 10)) await view.save(id, { n: 2 }, { overwrite: true });
      same(
        await idsOf(view, 7),
        order,
        "the order of a listing is always the same, whatever the page size and who saved last",
      );
    },
  },
  {
    id: "N13",
    title: "every hostile id can be taken from a listing, page by page, and loaded",
    clauses: ["L1", "N1", "N4"],
    timeoutMs: 60_000,
    async run({ open }) {
      const store = await open();
      await inParallel(hostileIds, 8, async (id) => void (await store.save(id, { only: id })));
      const listed = await idsOf(store, 1);
      same(
        listed.length,
        hostileIds.length,
        "pages of one thread, each after a hostile id, have every thread once",
      );
      for (const id of listed) {
        const stored = await loaded(store, id, `the listed id ${show(id)} can be loaded`);
        same(stored.thread, { only: id }, `the listed id ${show(id)} is the one that was saved`);
      }
    },
  },
  {
    id: "N16",
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
      same({ ...plain }, details, "a summary has the details of the thread, and no metadata unless asked");
      const { threads } = await store.listPage({ metadata: true });
      same(
        { ...threads[0] },
        { ...details, metadata: { title: "T" } },
        "a summary has the metadata when asked",
      );
      same(threads[1]?.metadata, {}, "a thread without metadata is listed with none");
      same(size, Buffer.byteLength(saved.json), "size counts bytes of UTF-8");
    },
  },
]);
