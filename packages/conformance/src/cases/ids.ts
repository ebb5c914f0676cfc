import { hostileIds, type IdGroup, idGroups } from "../corpus/hostile-ids.ts";
import { type CaseContext, type ConformanceCase, section } from "../suite/conformance-case.ts";
import { holds, same, show } from "../suite/expectations.ts";
import { inParallel, range } from "../utilities/parallel.ts";
import { idsOf, textOf } from "./reading.ts";

/** That threads of these ids live side by side: saved, loaded, listed and deleted without touching one another. */
export async function liveApart({ open }: CaseContext, ids: readonly string[]): Promise<void> {
  const [store, other] = [await open(), await open()];
  await inParallel(ids, 8, async (id) => void (await store.save(id, { only: id })));
  await inParallel(ids, 8, async (id) => {
    same(await textOf(other, id), JSON.stringify({ only: id }), `the thread ${show(id)} is its own`);
  });
  same(new Set(await idsOf(other)), new Set(ids), "a listing has exactly the ids that were saved");
  const left = [...ids];
  for (let id = left.shift(); id !== undefined && left.length > 0; id = left.shift()) {
    same(await store.delete(id), true, `delete(${show(id)}) removes the thread of that id`);
    await inParallel(left.slice(0, 15), 8, async (kept) => {
      same(
        await textOf(other, kept),
        JSON.stringify({ only: kept }),
        `delete(${show(id)}) leaves ${show(kept)} alone`,
      );
    });
  }
}

function apart(id: string, title: string, group: IdGroup, clauses: ConformanceCase["clauses"]) {
  return { id, title, clauses, run: (context: CaseContext) => liveApart(context, idGroups[group]) };
}

export const ids: ConformanceCase[] = section("Ids", "core", [
  {
    id: "I01",
    title: "hostile ids of every kind live side by side",
    clauses: ["N1", "N2"],
    timeoutMs: 60_000,
    run: (context) => liveApart(context, hostileIds),
  },
  apart("I02", "ids that differ by case are different", "case", ["N2"]),
  apart("I03", "composed and decomposed forms are different ids", "normalization", ["N1", "N2"]),
  apart("I04", "separators of paths and keys are letters of an id", "separators", ["N1", "N2", "N4"]),
  apart("I05", "white space and dots at the ends of an id count", "whiteSpace", ["N1", "N2"]),
  apart("I06", "names of devices and system files are ids", "devices", ["N1"]),
  apart("I07", "dot segments are letters of an id", "dots", ["N1", "N4"]),
  {
    id: "I08",
    title: "no id reaches into another place or namespace",
    clauses: ["N3", "N4"],
    async run({ open, openElsewhere }) {
      const [store, elsewhere] = [await open(), await openElsewhere()];
      const view = store.namespace("x");
      await elsewhere.save("a", { at: "elsewhere" });
      await view.save("a", { at: "x" });
      const escapes = [
        "../a",
        "../../a",
        "..\\a",
        "/a",
        "x/a",
        "../x/a",
        "x:a",
        "x%2Fa",
        "./x/a",
        "x\u0000a",
        "..:a",
        "x//a",
      ];
      for (const id of escapes) {
        await store.save(id, { at: "store" });
        await view.namespace("y").save(id, { at: "y" });
        same(await store.delete(id), true, `${show(id)} is a thread of the store's own`);
      }
      same(await textOf(view, "a"), '{"at":"x"}', "an id of the store does not reach into a namespace");
      same(await textOf(elsewhere, "a"), '{"at":"elsewhere"}', "an id does not reach into another place");
      same(await idsOf(view), ["a"], "a namespace lists its own threads only");
      same(await idsOf(elsewhere), ["a"], "a place lists its own threads only");
      same(await idsOf(store), [], "the store's own namespace lists its own threads only");
    },
  },
  apart("I09", "percent signs and their escapes are letters of an id", "percents", ["N1", "N2", "N4"]),
  {
    id: "I10",
    title: "names of JavaScript's own members are ids",
    clauses: ["N1", "N4"],
    async run(context) {
      const store = await context.open();
      for (const id of idGroups.prototypes) {
        same(await store.load(id), undefined, `load(${show(id)}) of nothing is undefined`);
        same(await store.delete(id), false, `delete(${show(id)}) of nothing is false`);
      }
      await liveApart(context, idGroups.prototypes);
      same(Reflect.ownKeys({}), [], "no id adds a member to objects");
      holds(
        !("only" in {}),
        "no id adds a member to the prototype of objects",
        "every object has a member named only",
      );
    },
  },
  apart("I11", "wildcards and braces are letters of an id", "patterns", ["N1", "N4"]),
  apart("I12", "SQL, shell, URL and XML are letters of an id", "languages", ["N1", "N4"]),
  apart("I17", "control characters and NUL are letters of an id", "controls", ["N1", "N2"]),
  apart("I18", "an id and one that continues it live side by side", "paths", ["N2", "N4"]),
  apart("I19", "ids that look like numbers are text", "numbers", ["N2"]),
  apart("I20", "ids that look like a backend's own files are ids", "artefacts", ["N1", "N2"]),
  apart("I21", "emoji, combining marks, noncharacters and every script are ids", "scripts", ["N1"]),
  {
    id: "I22",
    title: "an id and one that continues it live side by side, whichever came and went first",
    clauses: ["N2"],
    async run({ open }) {
      const store = await open();
      for (const [first, second] of [
        ["x", "x/y"],
        ["x/y", "x"],
        ["x", "x:y"],
        ["x.json", "x"],
      ] as const) {
        for (const round of range(2)) {
          await store.save(first, { round });
          await store.save(second, { round });
          same(await store.delete(first), true, `${show(first)} is deleted beside ${show(second)}`);
          same(
            await textOf(store, second),
            JSON.stringify({ round }),
            `${show(second)} stays when ${show(first)} goes`,
          );
          await store.save(first, { again: round });
          same(await store.delete(second), true, `${show(second)} is deleted beside ${show(first)}`);
          same(
            await textOf(store, first),
            JSON.stringify({ again: round }),
            `${show(first)} stays when ${show(second)} goes`,
          );
          await store.delete(first);
        }
      }
    },
  },
]);
