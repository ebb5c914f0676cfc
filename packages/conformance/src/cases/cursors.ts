import { type ConformanceCase, section } from "../suite/conformance-case.ts";
import { broken, refuses, same, show } from "../suite/expectations.ts";
import { range } from "../utilities/parallel.ts";
import { idsOf, pagesOf } from "./reading.ts";

function threadIds(count: number, prefix = "thread-"): string[] {
  return range(count).map((n) => `${prefix}${String(n).padStart(3, "0")}`);
}

export const cursors: ConformanceCase[] = section("Listing", "core", [
  {
    id: "N08",
    title: "what was saved or deleted shows in the next listing, of any client",
    clauses: ["E4", "L1"],
    async run({ open }) {
      const clients = [await open(), await open()];
      const [store, other] = clients as [(typeof clients)[0], (typeof clients)[0]];
      for (const n of range(10)) {
        await store.save(`thread-${n}`, {});
        for (const client of clients)
          same((await idsOf(client)).length, n + 1, "a saved thread is listed at once");
      }
      for (const n of range(10)) {
        await other.delete(`thread-${n}`);
        for (const client of clients)
          same((await idsOf(client)).length, 9 - n, "a deleted thread is not listed any more");
      }
    },
  },
  {
    id: "N09",
    title: "threads that exist throughout a listing appear once while others come and go",
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
        // What is saved behind the cursor would be listed without end.
        if (n > 10 + 3 * count) break;
      }
      same(
        listed.filter((id) => staying.includes(id)),
        staying,
        "each thread that exists throughout is listed once",
      );
      same(listed.length, new Set(listed).size, "no thread is listed twice");
    },
  },
  {
    id: "N14",
    title: "deleting each page as it is read visits every thread",
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
      same(visited, ids, "deleting what was listed does not make the listing skip");
      same(await idsOf(store), [], "every thread was deleted");
    },
  },
  {
    id: "N15",
    title: "a cursor is good for a client opened later",
    clauses: ["L1"],
    async run({ open, close }) {
      const ids = threadIds(9);
      const store = await open();
      for (const id of ids) await store.save(id, {});
      const first = await store.listPage({ limit: 4 });
      await close(store);
      const later = await open();
      const second = await later.listPage({ limit: 4, cursor: first.cursor });
      const rest = await (await open()).listPage({ cursor: second.cursor });
      const listed = [first, second, rest].flatMap(({ threads }) => threads.map(({ id }) => id));
      same(listed, ids, "a listing goes on where another client's ended");
      const again = await later.listPage({ limit: 4, cursor: first.cursor });
      same(again, second, "a cursor can be used twice");
    },
  },
  {
    id: "N17",
    title: "a cursor that no listing of this namespace returned is INVALID_ARGUMENT",
    clauses: ["L1", "N3", "F1"],
    async run({ open }) {
      const store = await open();
      for (const view of [store, store.namespace("x")])
        for (const id of threadIds(4)) await view.save(id, {});
      const { cursor = broken("a page with more to come has a cursor", "it had none") } =
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
        await refuses("INVALID_ARGUMENT", `listPage with the cursor ${show(wrong)}`, () =>
          store.listPage(options),
        );
      }
      const ofStore = () => store.namespace("x").listPage({ cursor });
      await refuses("INVALID_ARGUMENT", "listPage with another namespace's cursor", ofStore);
    },
  },
  {
    id: "N19",
    title: "a cursor outlives the thread that it points at",
    clauses: ["L1"],
    async run({ open }) {
      const store = await open();
      const ids = threadIds(8);
      for (const id of ids) await store.save(id, {});
      const { cursor, threads } = await store.listPage({ limit: 4 });
      for (const { id } of threads) await store.delete(id);
      await store.delete(ids[4] ?? "");
      const rest = await store.listPage({ cursor });
      same(
        rest.threads.map(({ id }) => id),
        ids.slice(5),
        "a listing goes on though the threads around its cursor are gone",
      );
      same((await pagesOf(store, 3)).flat(), ids.slice(5), "a new listing has what is left");
    },
  },
]);
