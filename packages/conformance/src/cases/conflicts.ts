import { type ConformanceCase, section } from "../suite/conformance-case.ts";
import { absent, holds, refuses, same, show } from "../suite/expectations.ts";
import { range } from "../utilities/parallel.ts";
import { idsOf, textOf, unchanged } from "./reading.ts";

export const conflicts: ConformanceCase[] = section("Versions", "core", [
  {
    id: "C07",
    title: "a save with a stale version is CONFLICT and writes nothing",
    clauses: ["C2", "C3"],
    async run({ open }) {
      const store = await open();
      const first = await store.save("a", { n: 1 });
      const second = await store.save("a", { n: 2 }, { previous: first });
      for (const previous of [first, first.version]) {
        await refuses("CONFLICT", "a save with a stale version", () =>
          store.save("a", { n: 3 }, { previous }),
        );
      }
      await unchanged(store, "a", second.version, '{"n":2}');
      await store.save("a", { n: 3 }, { previous: second });
      same(await textOf(store, "a"), '{"n":3}', "a conflict does not use up the current version");
    },
  },
  {
    id: "C08",
    title: "a previous that is no version at all never matches",
    clauses: ["C2", "C3"],
    async run({ open }) {
      const store = await open();
      const { version } = await store.save("a", { n: 1 });
      const garbage = [
        "",
        "*",
        '"',
        "0",
        "null",
        "undefined",
        'W/"x"',
        `"${version}"`,
        `W/"${version}"`,
        `${version} `,
      ];
      const strings = [...garbage, ` ${version}`, `${version},*`, "é", "\u0000", "x".repeat(10_000)];
      const others = [
        null,
        0,
        false,
        true,
        Number.NaN,
        {},
        { version: undefined },
        { version: null },
        [],
        [version],
      ];
      for (const previous of [...strings, ...others]) {
        for (const id of ["a", "nothing"]) {
          await refuses(["CONFLICT", "INVALID_ARGUMENT"], `previous: ${show(previous)} for ${show(id)}`, () =>
            store.save(id, { n: 2 }, { previous: previous as never }),
          );
        }
        await refuses(["CONFLICT", "INVALID_ARGUMENT"], `a delete with previous: ${show(previous)}`, () =>
          store.delete("a", { previous: previous as never }),
        );
      }
      await unchanged(store, "a", version, '{"n":1}');
      same(await idsOf(store), ["a"], "a save with a wrong previous creates nothing");
    },
  },
  {
    id: "C09",
    title: "a save with previous for a thread that is gone is CONFLICT and creates nothing",
    clauses: ["C2", "C3"],
    async run({ open }) {
      const store = await open();
      const saved = await store.save("a", { n: 1 });
      await store.delete("a");
      for (const previous of [saved, saved.version]) {
        await refuses("CONFLICT", "a save with previous for a deleted thread", () =>
          store.save("a", { n: 2 }, { previous }),
        );
      }
      const { version } = saved;
      await refuses("CONFLICT", "a save with previous for an id never saved", () =>
        store.save("never", { n: 2 }, { previous: version }),
      );
      await absent(store, "a", "such a save does not bring the thread back");
      same(await idsOf(store), [], "such a save creates nothing");
    },
  },
  {
    id: "C10",
    title: "a version does not match after delete and re-creation",
    clauses: ["C1"],
    async run({ open }) {
      const store = await open();
      const ever = new Set<string>();
      for (const life of range(4)) {
        const first = await store.save("a", { same: true });
        const second = await store.save("a", { same: true }, { previous: first });
        for (const { version } of [first, second]) {
          holds(
            !ever.has(version),
            "no version returns after delete and re-creation",
            `life ${life + 1} yielded ${show(version)} again`,
          );
          ever.add(version);
        }
        await store.delete("a");
      }
      const { version } = await store.save("a", { same: true });
      for (const previous of ever) {
        await refuses("CONFLICT", "a version of an earlier life", () =>
          store.save("a", { n: 2 }, { previous }),
        );
        await refuses("CONFLICT", "delete at a version of an earlier life", () =>
          store.delete("a", { previous }),
        );
      }
      await unchanged(store, "a", version, '{"same":true}');
    },
  },
  {
    id: "C11",
    title: "a version does not match when the content has returned to what it was",
    clauses: ["C1", "C2"],
    async run({ open }) {
      const store = await open();
      const first = await store.save("a", { content: "A" });
      const second = await store.save("a", { content: "B" }, { previous: first });
      const third = await store.save("a", { content: "A" }, { previous: second });
      await refuses("CONFLICT", "the version of the first A, after B and A again", () =>
        store.save("a", { content: "C" }, { previous: first }),
      );
      await unchanged(store, "a", third.version, '{"content":"A"}');
    },
  },
  {
    id: "C12",
    title: "a version does not match another thread",
    clauses: ["C2", "N2"],
    async run({ open }) {
      const store = await open();
      const a = await store.save("a", { same: true });
      await store.save("b", { same: true });
      const a2 = await store.save("a", { same: true }, { previous: a });
      const b = await store.save("b", { same: true }, { overwrite: true });
      // Versions are unique to a thread: two threads may have the same, and then only the id tells them apart.
      for (const previous of b.version === a2.version ? [a2] : [a2, a2.version]) {
        await refuses(["CONFLICT", "INVALID_ARGUMENT"], "a save with another thread's version", () =>
          store.save("b", { stolen: true }, { previous }),
        );
        await refuses(["CONFLICT", "INVALID_ARGUMENT"], "a delete with another thread's version", () =>
          store.delete("b", { previous }),
        );
      }
      await unchanged(store, "b", b.version, '{"same":true}');
    },
  },
  {
    id: "C15",
    title: "delete at the current version deletes",
    clauses: ["C2", "E3"],
    async run({ open }) {
      const store = await open();
      const saved = await store.save("a", { n: 1 });
      same(await store.delete("a", { previous: saved }), true, "delete at what save handed out is true");
      await absent(store, "a", "it is gone then");
      const { version } = await store.save("a", { n: 2 });
      same(await store.delete("a", { previous: version }), true, "delete at the current version is true");
      await absent(store, "a", "it is gone then");
    },
  },
  {
    id: "C16",
    title: "delete at another version, or of a thread that is gone, is CONFLICT",
    clauses: ["C2", "C3"],
    async run({ open }) {
      const store = await open();
      const first = await store.save("a", { n: 1 });
      const second = await store.save("a", { n: 2 }, { previous: first });
      await refuses("CONFLICT", "delete at a stale version", () => store.delete("a", { previous: first }));
      await unchanged(store, "a", second.version, '{"n":2}');
      await store.delete("a");
      await refuses("CONFLICT", "delete with previous of a deleted thread", () =>
        store.delete("a", { previous: second }),
      );
      await refuses("CONFLICT", "delete with previous of an id never saved", () =>
        store.delete("b", { previous: second.version }),
      );
    },
  },
]);
