import { type ConformanceCase, section } from "../suite/conformance-case.ts";
import { absent, holds, loaded, refuses, same, show } from "../suite/expectations.ts";
import { range } from "../utilities/parallel.ts";
import { idsOf, textOf } from "./reading.ts";

const long = { messages: range(200).map((n) => `message number ${n}`) };

export const basics: ConformanceCase[] = section("Basics", "core", [
  {
    id: "B01",
    title: "load of nothing is undefined",
    clauses: ["E1"],
    async run({ open }) {
      const store = await open();
      const stored: unknown = await store.load("nothing");
      same(stored, undefined, "load of an id that was never saved is undefined");
    },
  },
  {
    id: "B02",
    title: "what was saved is loaded, with its details",
    clauses: ["V1", "L4"],
    async run({ open }) {
      const store = await open();
      const thread = { messages: [{ role: "user", text: "Tell me a joke." }], count: 1 };
      await store.save("a", thread);
      const stored = await loaded(store, "a", "a saved thread is loaded");
      same(stored.thread, thread, "the thread is loaded as it was saved");
      same(
        stored.json,
        JSON.stringify(thread),
        "a thread saved as an object is kept as JSON.stringify writes it",
      );
      same(stored.id, "a", "a stored thread tells its id");
      same(stored.metadata, {}, "a thread saved without metadata has none");
      same(stored.expiresAt, undefined, "a thread saved without an expiry has none");
      holds(stored.thread === stored.thread, "thread is always the same object", "it was another each time");
    },
  },
  {
    id: "B03",
    title: "a later save replaces all of an earlier one",
    clauses: ["V1", "C2"],
    async run({ open }) {
      const store = await open();
      const first = await store.save("a", { first: 1, both: { x: 1 } });
      const second = await store.save("a", { both: { y: 2 } }, { previous: first });
      const third = await store.save("b", { full: true }, { overwrite: true });
      await store.save("b", {}, { previous: third });
      same(second.thread, { both: { y: 2 } }, "save hands out what it saved");
      same(
        await textOf(store, "a"),
        '{"both":{"y":2}}',
        "a save replaces the whole thread, and merges nothing",
      );
      same(await textOf(store, "b"), "{}", "an empty thread replaces a full one");
    },
  },
  {
    id: "B04",
    title: "a shorter thread leaves no tail of a longer one",
    clauses: ["V1"],
    async run({ open }) {
      const store = await open();
      const saved = await store.save("a", long);
      await store.save("a", '{"a":1}', { previous: saved });
      same(await textOf(store, "a"), '{"a":1}', "a shorter thread replaces a longer one whole");
      await store.save("a", long, { overwrite: true });
      await store.save("a", '{"b":2}', { overwrite: true });
      same(await textOf(store, "a"), '{"b":2}', "a shorter thread overwrites a longer one whole");
    },
  },
  {
    id: "B05",
    title: "delete of a thread is true, and then it is gone",
    clauses: ["E3", "E1"],
    async run({ open }) {
      const store = await open();
      await store.save("a", { n: 1 });
      same(await store.delete("a"), true, "delete of a thread that is there is true");
      await absent(store, "a", "a deleted thread is not loaded");
      same(await idsOf(store), [], "a deleted thread is not listed");
    },
  },
  {
    id: "B06",
    title: "delete of nothing is false, each time",
    clauses: ["E3"],
    async run({ open }) {
      const store = await open();
      same(await store.delete("never"), false, "delete of an id that was never saved is false");
      await store.save("a", { n: 1 });
      await store.delete("a");
      same(await store.delete("a"), false, "a second delete is false");
      same(await store.delete("a"), false, "a third delete is false");
    },
  },
  {
    id: "B07",
    title: "delete leaves the neighbours alone",
    clauses: ["N2", "N4"],
    async run({ open }) {
      const store = await open();
      const neighbours = ["ab", "a/b", "A", "b", "aa", "a.json", "a*"];
      for (const id of ["a", ...neighbours]) await store.save(id, { id });
      await store.delete("a*");
      await store.delete("a");
      for (const id of neighbours.slice(0, -1)) {
        same(
          await textOf(store, id),
          JSON.stringify({ id }),
          `deleting "a" and "a*" leaves ${show(id)} alone`,
        );
      }
    },
  },
  {
    id: "B08",
    title: "a deleted id can be created again",
    clauses: ["C2", "E3"],
    async run({ open }) {
      const store = await open();
      await store.save("a", { life: 1 }, { metadata: { title: "first" } });
      await store.delete("a");
      const again = await store.save("a", { life: 2 });
      const stored = await loaded(store, "a", "a thread created again is loaded");
      same(stored.thread, { life: 2 }, "a thread created again is the new one");
      same(stored.metadata, {}, "a thread created again has nothing of the deleted one's metadata");
      same(stored.version, again.version, "a thread created again has the version of its own save");
    },
  },
  {
    id: "B09",
    title: "the backend keeps nothing of deleted threads and old versions",
    clauses: ["D3"],
    powers: ["entries"],
    async run({ open, entries }) {
      const store = await open();
      async function round(first: number): Promise<number> {
        for (const n of range(6)) {
          const id = `thread-${first + n}`;
          let saved = await store.save(id, long);
          for (const version of range(4)) saved = await store.save(id, { version }, { previous: saved });
          await store.delete(id);
        }
        return (await entries()).length;
      }
      const before = await round(0);
      let after = before;
      for (const n of range(5)) after = await round(100 * (n + 1));
      const happened = `after 6 threads there were ${before} entries, after 36 there were ${after}: ${show(await entries())}`;
      holds(after <= before, "what deleted threads leave in the backend does not grow with them", happened);
    },
  },
  {
    id: "B10",
    title: "a deleted thread stays deleted, and looking creates nothing",
    clauses: ["E3", "E4"],
    async run({ open }) {
      const [store, other] = [await open(), await open()];
      await store.save("a", { n: 1 });
      await other.load("a");
      await store.delete("a");
      for (const client of [store, other, store, other]) {
        await absent(client, "a", "a deleted thread stays deleted for every client");
        await absent(client, "b", "load creates nothing");
      }
      same(await idsOf(other), [], "neither deleted nor merely looked for ids are listed");
      await other.save("b", { n: 1 });
      await refuses("CONFLICT", "creating a thread that another client created", () =>
        store.save("b", { n: 2 }),
      );
    },
  },
]);
