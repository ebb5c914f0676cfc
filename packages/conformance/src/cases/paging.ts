import { type ConformanceCase, section } from "../suite/conformance-case.ts";
import { refuses, same, show } from "../suite/expectations.ts";
import { range } from "../utilities/parallel.ts";
import { pagesOf } from "./reading.ts";

export const paging: ConformanceCase[] = section("Listing", "core", [
  {
    id: "N06",
    title: "a page has at most limit threads, and the last one no cursor",
    clauses: ["L1"],
    async run({ open }) {
      const store = await open();
      const ids = range(6).map((n) => `thread-${n}`);
      for (const id of ids) await store.save(id, {});
      for (const limit of [1, 2, 3, 5, 6, 7, 1000]) {
        const pages = await pagesOf(store, limit);
        same(pages.flat(), ids, `pages of ${limit} make the whole listing`);
        same(
          pages.length,
          Math.ceil(6 / limit),
          `the last of 6 threads in pages of ${limit} comes without a cursor`,
        );
        const long = pages.find((page) => page.length > limit);
        same(long, undefined, `a page has at most ${limit} threads`);
      }
    },
  },
  {
    id: "N12",
    title: "a limit outside 1 to 1000 is INVALID_ARGUMENT",
    clauses: ["L1", "F1"],
    async run({ open }) {
      const store = await open();
      await store.save("a", {});
      for (const limit of [0, -1, 1.5, 1001, Number.NaN, Infinity, "10", {}]) {
        const options = { limit: limit as number };
        await refuses("INVALID_ARGUMENT", `listPage with limit ${show(limit)}`, () =>
          store.listPage(options),
        );
        const next = () => store.list(options)[Symbol.asyncIterator]().next();
        await refuses("INVALID_ARGUMENT", `list with limit ${show(limit)}`, next);
      }
    },
  },
  {
    id: "N18",
    title: "a listing can be left early, started anew and gone through twice at a time",
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
      same(ids, expected, "two listings at a time do not disturb each other");
      const { cursor } = await store.listPage({ limit: 3 });
      const rest: string[] = [];
      for await (const { id } of store.list({ cursor, limit: 1 })) rest.push(id);
      same(rest, ["thread-3", "thread-4"], "list goes on from a cursor");
    },
  },
]);
