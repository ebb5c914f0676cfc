import { type ConformanceCase, section } from "../suite/conformance-case.ts";
import { holds, loaded, refuses, same, show } from "../suite/expectations.ts";
import { range } from "../utilities/parallel.ts";
import { summariesOf, textOf, unchanged } from "./reading.ts";

export const versions: ConformanceCase[] = section("Versions", "core", [
  {
    id: "C01",
    title: "every save yields a new version, also of identical content",
    clauses: ["C1"],
    async run({ open }) {
      const store = await open();
      const seen = new Set<unknown>();
      let previous: string | undefined;
      for (const n of range(10)) {
        const { version } = await store.save("a", { same: true }, { previous });
        holds(
          typeof version === "string" && version !== "",
          "a version is a non-empty string",
          `it was ${show(version)}`,
        );
        holds(
          !seen.has(version),
          "each save yields a new version",
          `save ${n + 1} yielded ${show(version)} again`,
        );
        seen.add(version);
        previous = version;
      }
      const { version } = await store.save("a", { same: true }, { overwrite: true });
      holds(
        !seen.has(version),
        "a save that overwrites yields a new version",
        `it yielded ${show(version)} again`,
      );
    },
  },
  {
    id: "C02",
    title: "the version that save hands out is the one that load does",
    clauses: ["C1", "C2"],
    async run({ open }) {
      const store = await open();
      const first = await store.save("a", { n: 1 });
      const found = await loaded(store, "a", "a saved thread is loaded");
      same(found.version, first.version, "load hands out the version of the save");
      same(
        (await loaded(store, "a", "a thread stays")).version,
        found.version,
        "load does not change the version",
      );
      const second = await store.save("a", { n: 2 }, { previous: found });
      const again = await loaded(store, "a", "a saved thread is loaded");
      same(again.version, second.version, "load hands out the version of the latest save");
      same({ ...again }, { ...second }, "save hands out what load does");
    },
  },
  {
    id: "C03",
    title: "the version in a listing is that of load, and good as previous",
    clauses: ["L4"],
    async run({ open }) {
      const store = await open();
      await store.save("a", { n: 1 });
      await store.save("a", { n: 2 }, { overwrite: true });
      const stored = await loaded(store, "a", "a saved thread is loaded");
      const [summary] = await summariesOf(store);
      same(summary?.version, stored.version, "a summary has the version that load hands out");
      const saved = await store.save("a", { n: 3 }, { previous: summary });
      same(saved.thread, { n: 3 }, "a summary is accepted as previous");
    },
  },
  {
    id: "C04",
    title: "a save without previous creates",
    clauses: ["C2"],
    async run({ open }) {
      const store = await open();
      const saved = await store.save("a", { n: 1 });
      same(saved.thread, { n: 1 }, "a save without previous creates a thread that is not there");
      await store.save("b", { n: 1 }, { previous: undefined, overwrite: undefined });
      same(await textOf(store, "b"), '{"n":1}', "options that are undefined are as if left out");
      await store.save("c", { n: 1 }, { previous: await store.load("c") });
      same(await textOf(store, "c"), '{"n":1}', "what load returned for nothing is accepted as previous");
    },
  },
  {
    id: "C05",
    title: "a save without previous over a live thread is CONFLICT and writes nothing",
    clauses: ["C2", "C3"],
    async run({ open }) {
      const store = await open();
      const { version } = await store.save("a", { n: 1 });
      await refuses("CONFLICT", "a save without previous over a live thread", () =>
        store.save("a", { n: 2 }),
      );
      await refuses("CONFLICT", "the same with overwrite: false", () =>
        store.save("a", { n: 2 }, { overwrite: false }),
      );
      await unchanged(store, "a", version, '{"n":1}');
    },
  },
  {
    id: "C06",
    title: "a save with the current version replaces it, whatever it is taken from",
    clauses: ["C2"],
    async run({ open }) {
      const store = await open();
      const first = await store.save("a", { n: 1 });
      const second = await store.save("a", { n: 2 }, { previous: first });
      const third = await store.save("a", { n: 3 }, { previous: second.version });
      const fourth = await store.save("a", { n: 4 }, { previous: { version: third.version } });
      const found = await loaded(store, "a", "a replaced thread is loaded");
      same(found.version, fourth.version, "the latest save holds");
      const copy = structuredClone({ ...found });
      await store.save("a", { n: 5 }, { previous: copy });
      same(await textOf(store, "a"), '{"n":5}', "a copy of what load returned is accepted as previous");
    },
  },
]);
