import { isDeepStrictEqual } from "node:util";
import { type ThreadStore, ThreadStoreError } from "@threadstore/core";
import { collidingIds, likelySeparators } from "../corpus/colliding-ids.ts";
import { type IdGroup, idGroups, hostileIds } from "../corpus/hostile-ids.ts";
import { ILL_FORMED_IDS, NOT_IDS } from "../corpus/wrong-ids.ts";
import { type CaseContext, type ConformanceCase, section } from "../suite/conformance-case.ts";
import {
  expectEqual,
  expectSameIds,
  show,
  fail,
  describeError,
  expectTrue,
  expectError,
  outcomeOf,
  expectMissing,
} from "../suite/expectations.ts";
import { inParallel, range } from "../utilities/parallel.ts";
import { everyCallWithId } from "./support/calls.ts";
import { childrenOf, NEIGHBORS, saveEverywhere, viewAt } from "./support/namespaces.ts";
import { textOf, idsOf } from "./support/reading.ts";

/** How many of the following threads are loaded after each delete. All of them must exist when they are deleted. */
const LOADED_NEIGHBORS = { quick: 2, full: 15 } as const;

/** Expects threads with these ids to be independent: saved, loaded, listed and deleted without affecting each other. */
async function liveApart({ open, settings }: CaseContext, ids: readonly string[]): Promise<void> {
  const [store, other] = [await open(), await open()];
  await inParallel(ids, 8, (id) => createApart(store, id, { only: id }));
  await inParallel(ids, 8, async (id) => {
    const { only } = (await other.load(id))?.thread ?? {};
    if (only === id) return;
    const actual = only === undefined ? "it is missing" : `it has that of ${show(only)}: the ids collide`;
    fail(`the thread ${show(id)} has its own content`, actual);
  });
  expectSameIds(await idsOf(other), ids, "a listing has exactly the ids that were saved");
  const remaining = [...ids];
  for (let id = remaining.shift(); id !== undefined && remaining.length > 0; id = remaining.shift()) {
    expectEqual(await store.delete(id), true, `delete(${show(id)}) deletes the thread with that id`);
    await inParallel(remaining.slice(0, LOADED_NEIGHBORS[settings.effort]), 8, async (untouched) => {
      expectEqual(
        await textOf(other, untouched),
        JSON.stringify({ only: untouched }),
        `delete(${show(id)}) does not affect ${show(untouched)}`,
      );
    });
  }
}

/** Creates a thread. If one seems to exist, the failure says which. */
async function createApart(store: ThreadStore, id: string, thread: object): Promise<void> {
  const outcome = await outcomeOf(() => store.save(id, thread));
  if (outcome.state === "resolved") return;
  const stored = await outcomeOf(() => store.load(id));
  const colliding =
    stored.state === "resolved" && stored.value !== undefined
      ? `, because it has the thread ${show(stored.value.thread)}: the names collide`
      : "";
  fail(
    `the thread ${show(id)} can be created as ${show(thread)}`,
    `the store rejected it with ${describeError(outcome.error)}${colliding}`,
  );
}

/** Expects no namespace and id that a separator joins to the same text to be confused. */
async function separateNames({ open, settings }: CaseContext): Promise<void> {
  const [store, other] = [await open(), await open()];
  const places = likelySeparators.flatMap((separator) =>
    [
      { path: ["a"], id: `b${separator}c` },
      { path: [`a${separator}b`], id: "c" },
      { path: ["a", "b"], id: "c" },
      { path: [], id: `a${separator}b${separator}c` },
    ].map(({ path, id }) => ({ path: [...path], id, separator })),
  );
  // Two kinds are the same with every separator.
  const distinct = [
    ...new Map(places.map((place) => [JSON.stringify([place.path, place.id]), place])).values(),
  ];
  const first = distinct.filter(({ path }) => path[0] === "a");
  const rest = distinct.filter((place) => !first.includes(place));
  for (const group of [first, rest])
    await inParallel(group, 8, ({ path, id }) => createApart(viewAt(store, path), id, { path, id }));
  // A thread that was created later would have replaced one of the first.
  await inParallel(settings.effort === "full" ? distinct : first, 8, async ({ path, id, separator }) => {
    const { thread } = (await viewAt(other, path).load(id)) ?? {};
    if (isDeepStrictEqual(thread, { path, id })) return;
    fail(
      `the thread ${show(id)} of the namespace ${show(path)} is its own, although ${show(separator)} may be a separator`,
      `it has the content ${show(thread)}`,
    );
  });
}

function apart(id: string, title: string, group: IdGroup, clauses: ConformanceCase["clauses"]) {
  return { id, title, clauses, run: (context: CaseContext) => liveApart(context, idGroups[group]) };
}

const CHARACTER_OF_4_BYTES = "\u{1f9f5}";

const SIMILAR_NAMESPACES = "long namespaces that differ in their last byte share nothing";

/** Expects the name to be rejected synchronously. */
function refusesName(store: ThreadStore, name: unknown): void {
  const expectation = `namespace(${show(name)}) throws INVALID_ARGUMENT`;
  try {
    store.namespace(name as string);
  } catch (error) {
    if (ThreadStoreError.is(error, "INVALID_ARGUMENT")) return;
    fail(expectation, `it threw ${describeError(error)}`);
  }
  fail(expectation, "it returned a view");
}

export const names: ConformanceCase[] = section("Names", [
  {
    id: "N1-1",
    title: "hostile ids of all kinds are independent",
    clauses: ["N1", "N2"],
    run: (context) => liveApart(context, hostileIds),
  },
  apart("N1-2", "composed and decomposed forms are different ids", "normalization", ["N1", "N2"]),
  apart("N1-3", "path and key separators are allowed in ids", "separators", ["N1", "N2", "N4"]),
  apart("N1-4", "white space and dots at the ends of an id are significant", "whiteSpace", ["N1", "N2"]),
  apart("N1-5", "the names of devices and system files are allowed as ids", "devices", ["N1"]),
  apart("N1-6", "percent signs and their escapes are allowed in ids", "percents", ["N1", "N2", "N4"]),
  {
    id: "N1-7",
    title: "the names of JavaScript's built-in members are allowed as ids",
    clauses: ["N1", "N4"],
    async run(context) {
      const store = await context.open();
      for (const id of idGroups.prototypes) {
        expectEqual(
          await store.load(id),
          undefined,
          `load(${show(id)}) of a missing thread returns undefined`,
        );
        expectEqual(await store.delete(id), false, `delete(${show(id)}) of a missing thread returns false`);
      }
      await liveApart(context, idGroups.prototypes);
      expectEqual(Reflect.ownKeys({}), [], "no id adds a member to objects");
      expectTrue(
        !("only" in {}),
        "no id adds a member to Object.prototype",
        "every object has a member named only",
      );
    },
  },
  apart("N1-8", "control characters and NUL are allowed in ids", "controls", ["N1", "N2"]),
  apart("N1-9", "ids that look like a backend's internal files are allowed", "artefacts", ["N1", "N2"]),
  apart("N1-10", "emoji, combining marks, noncharacters and all scripts are allowed in ids", "scripts", [
    "N1",
  ]),
  {
    id: "N1-11",
    title: "an id that is not well-formed Unicode is INVALID_ARGUMENT",
    clauses: ["N1", "N2"],
    async run({ open }) {
      const store = await open();
      await store.save("a\ufffd", { n: 1 });
      for (const id of ILL_FORMED_IDS) {
        for (const [name, call] of everyCallWithId(store, id)) {
          await expectError("INVALID_ARGUMENT", `${name} with the id ${show(id)}`, call);
        }
      }
      expectEqual(await idsOf(store), ["a\ufffd"], "a rejected id leaves no trace");
    },
  },
  {
    id: "N1-12",
    title: "an id that is empty or not a string is INVALID_ARGUMENT",
    clauses: ["N1", "N4"],
    async run({ open }) {
      const store = await open();
      await store.save("a", { n: 1 });
      for (const id of NOT_IDS) {
        for (const [name, call] of everyCallWithId(store, id as string)) {
          await expectError("INVALID_ARGUMENT", `${name} with the id ${show(id)}`, call);
        }
      }
      expectEqual(await idsOf(store), ["a"], "a rejected id leaves no trace");
    },
  },
  {
    id: "N1-13",
    title: "an id may have up to 512 bytes of UTF-8, and not one more",
    clauses: ["N1"],
    async run(context) {
      await liveApart(context, [...idGroups.long, "a".repeat(511), "a".repeat(256)]);
      const store = await context.open();
      for (const id of [
        "a".repeat(513),
        `a${"\u00e9".repeat(256)}`,
        `${CHARACTER_OF_4_BYTES.repeat(128)}a`,
        "x".repeat(100_000),
      ]) {
        const bytes = Buffer.byteLength(id);
        for (const [name, call] of everyCallWithId(store, id)) {
          await expectError("INVALID_ARGUMENT", `${name} with an id of ${bytes} bytes`, call);
        }
      }
      const outcome = await outcomeOf(() => store.load("b".repeat(512)));
      expectEqual(
        outcome,
        { state: "resolved", value: undefined },
        "loading a missing thread with a long id returns undefined",
      );
    },
  },
  {
    id: "N1-14",
    title: "a namespace that is empty, ill-formed, too long or not a string is INVALID_ARGUMENT",
    clauses: ["N1"],
    async run({ open }) {
      const store = await open();
      const longest = ["a".repeat(512), "\u00e9".repeat(256), "/".repeat(512), "\u{1f9f5}".repeat(128)];
      for (const name of longest) {
        const view = store.namespace(name);
        const id = "b".repeat(512);
        await view.save(id, { name });
        expectEqual(
          await textOf(view, id),
          JSON.stringify({ name }),
          "a namespace of 512 bytes works, even with the longest id",
        );
        expectEqual(await idsOf(view), [id], "a namespace of 512 bytes can be listed");
      }
      const similar = [`${"a".repeat(511)}b`, `${"a/".repeat(255)}ab`];
      for (const name of similar) expectEqual(await idsOf(store.namespace(name)), [], SIMILAR_NAMESPACES);
      await store.namespace(similar[0] ?? "").save("a", {});
      expectEqual(await idsOf(store.namespace(similar[0] ?? "")), ["a"], SIMILAR_NAMESPACES);
      expectEqual(await idsOf(store.namespace("a".repeat(512))), ["b".repeat(512)], SIMILAR_NAMESPACES);
      const wrong = [
        "",
        undefined,
        null,
        5,
        {},
        ["a"],
        "a".repeat(513),
        "\u00e9".repeat(257),
        ...ILL_FORMED_IDS,
      ];
      for (const name of wrong) refusesName(store, name);
      refusesName(store.namespace("a".repeat(300)), "b".repeat(300));
    },
  },
  {
    id: "N1-15",
    title: "hostile namespaces are independent",
    clauses: ["N1", "N2", "N4"],
    async run({ open }) {
      const store = await open();
      await inParallel(hostileIds, 8, async (name) => void (await store.namespace(name).save("a", { name })));
      await inParallel(hostileIds, 8, async (name) => {
        const view = store.namespace(name);
        expectEqual(
          await textOf(view, "a"),
          JSON.stringify({ name }),
          `the namespace ${show(name)} has its own threads`,
        );
        expectEqual(await idsOf(view), ["a"], `the namespace ${show(name)} lists only its own threads`);
      });
      expectEqual(await idsOf(store), [], "the store does not list the threads of namespaces");
    },
  },
  {
    id: "N2-1",
    title: "deleting a thread does not affect threads with similar ids",
    clauses: ["N2", "N4"],
    async run({ open }) {
      const store = await open();
      const neighbours = ["ab", "a/b", "A", "b", "aa", "a.json", "a*"];
      for (const id of ["a", ...neighbours]) await store.save(id, { id });
      await store.delete("a*");
      await store.delete("a");
      for (const id of neighbours.slice(0, -1)) {
        expectEqual(
          await textOf(store, id),
          JSON.stringify({ id }),
          `deleting "a" and "a*" does not affect ${show(id)}`,
        );
      }
    },
  },
  apart("N2-2", "ids that differ in case are different", "case", ["N2"]),
  apart("N2-3", "an id and its prefix are independent", "paths", ["N2", "N4"]),
  apart("N2-4", "ids that look like numbers are text", "numbers", ["N2"]),
  {
    id: "N2-5",
    title: "an id and its prefix are independent in every order of saves and deletes",
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
          expectEqual(
            await store.delete(first),
            true,
            `${show(first)} can be deleted while ${show(second)} exists`,
          );
          expectEqual(
            await textOf(store, second),
            JSON.stringify({ round }),
            `deleting ${show(first)} does not affect ${show(second)}`,
          );
          await store.save(first, { again: round });
          expectEqual(
            await store.delete(second),
            true,
            `${show(second)} can be deleted while ${show(first)} exists`,
          );
          expectEqual(
            await textOf(store, first),
            JSON.stringify({ again: round }),
            `deleting ${show(second)} does not affect ${show(first)}`,
          );
          await store.delete(first);
        }
      }
    },
  },
  {
    id: "N2-6",
    title: "long ids with a common prefix are different",
    clauses: ["N2"],
    run: (context) =>
      liveApart(
        context,
        [32, 63, 64, 128, 200, 250, 255, 383, 511].flatMap((length) => [
          `${"s".repeat(length)}1`,
          `${"s".repeat(length)}2`,
        ]),
      ),
  },
  {
    id: "N2-7",
    title: "a namespace is not confused with one whose name it is a prefix of",
    clauses: ["N2", "N3"],
    async run({ open }) {
      const store = await open();
      const namespaces = [
        "user",
        "users",
        "usersAbc",
        "users/",
        "users:",
        "users/a",
        "Users",
        "users%",
        "users_",
        "usersx",
      ];
      for (const name of namespaces) await store.namespace(name).save(`of ${name}`, {});
      for (const name of namespaces) {
        const own = [`of ${name}`];
        expectEqual(
          await idsOf(store.namespace(name)),
          own,
          `the namespace ${show(name)} lists only its own thread`,
        );
      }
      expectEqual(
        (await store.namespace("users").deleteExpired()).deleted,
        0,
        "deleteExpired does not delete live threads",
      );
    },
  },
  {
    id: "N2-8",
    title: "ids with the same hash of 32 bits are different",
    clauses: ["N2"],
    run: (context) => liveApart(context, Object.values(collidingIds).flat()),
  },
  {
    id: "N3-1",
    title: "locations share nothing",
    clauses: ["N3"],
    async run({ open, openElsewhere }) {
      const [here, there] = [await open(), await openElsewhere()];
      await here.save("a", { at: "here" });
      expectEqual(await there.load("a"), undefined, "a location does not see another one's threads");
      await there.save("a", { at: "there" });
      expectEqual(
        await textOf(here, "a"),
        '{"at":"here"}',
        "saving in one location does not affect another one",
      );
      expectEqual(await there.delete("a"), true, "a thread can be deleted in its location");
      expectEqual(await idsOf(here), ["a"], "deleting in one location does not affect another one");
    },
  },
  {
    id: "N3-2",
    title: "no id reaches into another location or namespace",
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
        expectEqual(await store.delete(id), true, `${show(id)} is a thread of the store's own namespace`);
      }
      expectEqual(
        await textOf(view, "a"),
        '{"at":"x"}',
        "an id of the store does not reach into a namespace",
      );
      expectEqual(
        await textOf(elsewhere, "a"),
        '{"at":"elsewhere"}',
        "an id does not reach into another location",
      );
      expectEqual(await idsOf(view), ["a"], "a namespace lists only its own threads");
      expectEqual(await idsOf(elsewhere), ["a"], "a location lists only its own threads");
      expectEqual(await idsOf(store), [], "the store's own namespace lists only its own threads");
    },
  },
  {
    id: "N3-3",
    title: "the same id in two namespaces identifies two threads",
    clauses: ["N3"],
    async run({ open }) {
      const store = await open();
      const [x, y] = [store.namespace("x"), store.namespace("y")];
      await store.save("a", { at: "store" });
      await expectMissing(x, "a", "a namespace does not see threads of the store's own namespace");
      await x.save("a", { at: "x" });
      const saved = await y.save("a", { at: "y" });
      expectEqual(
        await textOf(store, "a"),
        '{"at":"store"}',
        "saving in a namespace does not affect the store's own namespace",
      );
      expectEqual(await textOf(x, "a"), '{"at":"x"}', "saving in a namespace does not affect another one");
      expectEqual(await y.delete("a", { previous: saved }), true, "a thread can be deleted in its namespace");
      expectEqual(await textOf(x, "a"), '{"at":"x"}', "deleting in a namespace does not affect another one");
      expectEqual(await x.delete("a"), true, "a thread can be deleted in its namespace");
      expectEqual(
        await textOf(store, "a"),
        '{"at":"store"}',
        "deleting in a namespace does not affect the store's own namespace",
      );
    },
  },
  {
    id: "N3-4",
    title: "no id of a view reaches outside its namespace",
    clauses: ["N3", "N4"],
    async run({ open }) {
      const store = await open();
      const victims = { "": store, x: store.namespace("x"), y: store.namespace("y") };
      for (const [name, victim] of Object.entries(victims)) await victim.save("a", { at: name });
      const inside = store.namespace("inside");
      const escapes = [
        "../a",
        "../x/a",
        "..",
        "x/a",
        "/a",
        "../../a",
        "y:a",
        "inside/../x/a",
        "*",
        "..%2Fx%2Fa",
        "x\u0000a",
        "x|a",
      ];
      for (const id of escapes) {
        await expectMissing(inside, id, `${show(id)} does not find a thread outside the namespace`);
        expectEqual(
          await inside.delete(id),
          false,
          `delete(${show(id)}) does not find a thread outside the namespace`,
        );
        await inside.save(id, { at: "inside" }, { overwrite: true });
      }
      for (const [name, victim] of Object.entries(victims)) {
        expectEqual(
          await textOf(victim, "a"),
          JSON.stringify({ at: name }),
          "calls on a view do not affect threads outside its namespace",
        );
        expectEqual(await idsOf(victim), ["a"], "threads of a namespace are not listed outside it");
      }
      expectSameIds(await idsOf(inside), escapes, "a namespace lists only its own threads");
    },
  },
  {
    id: "N3-5",
    title: "a view is the same namespace for every client",
    clauses: ["N3", "E4"],
    async run({ open }) {
      const [one, two] = [await open(), await open()];
      await one.namespace("x").save("a", { n: 1 });
      expectEqual(
        await textOf(two.namespace("x"), "a"),
        '{"n":1}',
        "views of one name on two clients are the same namespace",
      );
      const conflict = () => two.namespace("x").save("a", { n: 2 });
      await expectError("CONFLICT", "creating a thread that another client's view created", conflict);
    },
  },
  {
    id: "N3-6",
    title: "a version from one namespace does not match in another",
    clauses: ["N3", "C2"],
    async run({ open }) {
      const store = await open();
      const [x, y] = [store.namespace("x"), store.namespace("y")];
      const ofX = await x.save("a", { same: true });
      const ofY = await y.save("a", { same: true });
      const moved = await y.save("a", { same: true }, { previous: ofY });
      for (const previous of [ofX, ofX.version]) {
        const call = () => y.save("a", { stolen: true }, { previous });
        await expectError(
          ["CONFLICT", "INVALID_ARGUMENT"],
          "a save at the version of another namespace's thread",
          call,
        );
      }
      expectEqual(await textOf(y, "a"), '{"same":true}', "the thread is unchanged");
      expectEqual(
        (await y.load("a", { cached: ofX }))?.version,
        moved.version,
        "load with a cached thread of another namespace returns the thread of this one",
      );
    },
  },
  {
    id: "N3-7",
    title: "a view of a view is nested inside it and distinct from all other namespaces",
    clauses: ["N3", "N2"],
    async run({ open }) {
      const store = await open();
      const paths = [
        ["a"],
        ["b"],
        ["a", "b"],
        ["b", "a"],
        ["a/b"],
        ["a:b"],
        ["ab"],
        ["a", "b", "c"],
        ["a/b", "c"],
        ["a", "b/c"],
        ["a%2Fb"],
      ];
      const views = paths.map((path) => path.reduce((view, name) => view.namespace(name), store));
      for (const [index, view] of views.entries()) await view.save("t", { path: paths[index] });
      for (const [index, view] of views.entries()) {
        const path = paths[index];
        expectEqual(
          await textOf(view, "t"),
          JSON.stringify({ path }),
          `the namespace ${show(path)} has its own threads`,
        );
        expectEqual(await idsOf(view), ["t"], `the namespace ${show(path)} lists only its own thread`);
      }
      await expectMissing(store, "t", "threads of namespaces do not exist in the store's own namespace");
    },
  },
  {
    id: "N3-8",
    title: "no separator between a namespace and an id makes two threads one",
    clauses: ["N3", "N2"],
    run: separateNames,
  },
  apart("N4-1", "dot segments are allowed as ids", "dots", ["N4", "N1"]),
  apart("N4-2", "wildcards and braces are allowed in ids", "patterns", ["N4", "N1"]),
  apart("N4-3", "SQL, shell commands, URLs and XML are allowed as ids", "languages", ["N4", "N1"]),
  {
    id: "N5-1",
    title: "namespaces() lists each namespace directly below in which or below which threads exist, once",
    clauses: ["N5", "N2", "N4"],
    async run({ open, settings }) {
      const [store, other] = [await open(), await open()];
      await saveEverywhere(store, NEIGHBORS);
      const expected = [...new Set(NEIGHBORS.map(([name = ""]) => name))].toSorted();
      for (const limit of [undefined, 1, 4])
        expectEqual(
          await childrenOf(other, limit),
          expected,
          `pages of ${limit ?? "the default size"} have every name directly below the store once`,
        );
      expectEqual(
        await childrenOf(other.namespace("a")),
        ["%2F", "b", "\u00e9"],
        "a view lists what is below it",
      );
      expectEqual(
        await childrenOf(other.namespace("b")),
        ["a"],
        "a namespace can have no threads of its own",
      );
      expectEqual(
        await other.namespace("ab").namespaces(),
        { namespaces: [], cursor: undefined },
        "the only page of a namespace without nested ones is empty",
      );
      // Names that a backend may have to divide or to encode in another way, because they are long.
      const longNames = ["n", "\u00e9", "%"].map((text) => text.repeat(60 / Buffer.byteLength(text)));
      for (const name of longNames) {
        await viewAt(store, [name, name]).save("t", {});
        expectEqual(await childrenOf(other.namespace(name)), [name], "a long name is listed");
      }
      const all = [...expected, ...longNames].toSorted();
      expectEqual(await childrenOf(other, 7), all, "short and long names are listed together");
      const hostileNames = hostileIds.filter((name, n) => {
        return Buffer.byteLength(name) <= 100 && (settings.effort === "full" || n % 5 === 0);
      });
      await inParallel(
        hostileNames,
        8,
        async (name) => void (await viewAt(store, ["hostile", name]).save("t", {})),
      );
      for (const limit of [7, 1000])
        expectEqual(
          await childrenOf(other.namespace("hostile"), limit),
          hostileNames.toSorted(),
          "any name is listed as it was passed to namespace()",
        );
    },
  },
  {
    id: "N5-2",
    title: "namespaces() does not list a namespace without threads",
    clauses: ["N5", "E3"],
    async run({ open }) {
      const [store, other] = [await open(), await open()];
      expectEqual(await childrenOf(store), [], "a new store has no namespaces");
      for (const path of [["a"], ["a", "b"], ["c"]]) await viewAt(store, path).save("t", {});
      await store.save("t", {});
      await other.namespace("d").load("t");
      await store.namespace("c").delete("t");
      await store.namespace("a").delete("t");
      expectEqual(
        await childrenOf(other),
        ["a"],
        "a namespace is listed as long as threads exist in or below it",
      );
      await store.namespace("a").namespace("b").delete("t");
      expectEqual(await childrenOf(other), [], "a namespace whose last thread was deleted is not listed");
      expectEqual(await childrenOf(other.namespace("a")), [], "nor is it listed in its parent");
    },
  },
  {
    id: "N5-3",
    title: "a cursor of namespaces() is valid for other clients, and any other cursor is INVALID_ARGUMENT",
    clauses: ["N5", "F1", "N3"],
    async run({ open, close }) {
      const store = await open();
      const children = ["a", "b", "c", "d"];
      for (const name of children)
        for (const view of [store, store.namespace("x")]) await view.namespace(name).save("t", {});
      await store.save("t", {});
      await store.save("u", {});
      const { namespaces, cursor } = await store.namespaces({ limit: 2 });
      const { cursor: ofX } = await store.namespace("x").namespaces({ limit: 2 });
      const { cursor: ofList } = await store.listPage({ limit: 1 });
      for (const name of namespaces) await store.namespace(name).delete("t");
      await close(store);
      const other = await open();
      const rest: string[] = [];
      for (let next = cursor; next !== undefined;) {
        const page = await other.namespaces({ limit: 2, cursor: next });
        rest.push(...page.namespaces);
        next = page.cursor;
      }
      expectEqual(
        [...namespaces, ...rest].toSorted(),
        [...children, "x"],
        "a listing continues in another client although the namespaces before its cursor are gone",
      );
      for (const wrong of ["", " ", "x", "AAAAAAAAAAAAAAAA", ofX, ofList, 5, null, {}, true]) {
        await expectError("INVALID_ARGUMENT", `namespaces with the cursor ${show(wrong)}`, () =>
          other.namespaces({ cursor: wrong as string }),
        );
      }
      for (const limit of [0, 1.5, 1001, "10"]) {
        await expectError("INVALID_ARGUMENT", `namespaces with limit ${show(limit)}`, () =>
          other.namespaces({ limit: limit as number }),
        );
      }
    },
  },
]);
