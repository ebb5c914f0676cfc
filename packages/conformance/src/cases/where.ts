import type { ListOptions, ThreadMetadata, ThreadStore } from "@threadstore/core";
import { section, type ConformanceCase } from "../suite/conformance-case.ts";
import { expectEqual, expectError, expectTrue, fail, show } from "../suite/expectations.ts";
import { LIST_ORDERS, type ListOrder } from "../utilities/list-orders.ts";
import { inParallel, range } from "../utilities/parallel.ts";
import { expectGroups, idsIn, recencyFixture } from "./support/recency.ts";

/** Metadata of threads, by id, that filters may confuse. */
const SIMILAR: { readonly [id: string]: ThreadMetadata } = JSON.parse(`{
  "none": {},
  "ann": { "owner": "ann" },
  "Ann": { "owner": "Ann" },
  "ann-x": { "owner": "ann-x" },
  "space": { "owner": "ann " },
  "empty": { "owner": "" },
  "other name": { "Owner": "ann" },
  "swapped": { "ann": "owner" },
  "both": { "owner": "ann", "kind": "chat" },
  "other kind": { "owner": "bob", "kind": "chat" },
  "pattern": { "owner": "a%n_*" },
  "quote": { "owner": "ann' OR '1'='1" },
  "composed": { "owner": "\\u00e9" },
  "decomposed": { "owner": "e\\u0301" },
  "nul": { "owner": "ann\\u0000" },
  "joined": { "owner\\u0000ann": "" },
  "prototype": { "__proto__": "ann", "": "ann" }
}`);

const FILTERS: readonly ThreadMetadata[] = [
  {},
  { owner: "ann" },
  { owner: "Ann" },
  { owner: "an" },
  { owner: "ann " },
  { owner: "" },
  { Owner: "ann" },
  { ann: "owner" },
  { owner: "ann", kind: "chat" },
  { kind: "chat", owner: "ann" },
  { owner: "bob", kind: "code" },
  { kind: "chat" },
  { owner: "a%n_*" },
  { owner: "%" },
  { owner: "ann' OR '1'='1" },
  { owner: "\u00e9" },
  { owner: "e\u0301" },
  { owner: "ann\u0000" },
  { "owner\u0000ann": "" },
  { toString: "ann" },
  { "": "ann" },
  JSON.parse('{ "__proto__": "ann" }'),
];

function matches(metadata: ThreadMetadata, where: ThreadMetadata): boolean {
  return Object.entries(where).every(([name, value]) =>
    Object.entries(metadata).some(([otherName, otherValue]) => otherName === name && otherValue === value),
  );
}

/** Returns metadata of which every thirteenth thread has another kind. */
function metadataOf(n: number): ThreadMetadata {
  return { kind: n % 13 === 0 ? "rare" : "usual" };
}

async function expectMatches(
  store: ThreadStore,
  options: ListOptions,
  expected: readonly string[],
  when: string,
  orders: readonly ListOrder[] = LIST_ORDERS,
): Promise<void> {
  for (const order of orders) {
    expectEqual(
      (await idsIn(store, { ...options, order })).toSorted(),
      expected.toSorted(),
      `${when}, a listing by ${order} where ${show(options.where)} has the threads with that metadata`,
    );
  }
}

export const filters: ConformanceCase[] = section("Listing", [
  {
    id: "L7-1",
    title: "where lists exactly the threads whose metadata has all of its members",
    clauses: ["L7", "N4"],
    async run({ open, settings }) {
      const [store, other] = [await open(), await open()];
      const threads = Object.entries(SIMILAR);
      await inParallel(threads, 8, async ([id, metadata]) => {
        await store.save(id, { metadata: { owner: "ann" } }, { metadata });
      });
      const view = store.namespace("ann");
      await view.save("inside", {}, { metadata: { owner: "ann", kind: "chat" } });
      for (const [n, where] of FILTERS.entries()) {
        // Each filter in one order, which is enough to find a filter that is wrong in both.
        const orders = {
          quick: LIST_ORDERS.filter((_, index) => index === n % LIST_ORDERS.length),
          full: LIST_ORDERS,
        }[settings.effort];
        const ids = threads.flatMap(([id, metadata]) => (matches(metadata, where) ? [id] : []));
        await expectMatches(other, { where }, ids, "among similar metadata", orders);
      }
      await expectMatches(view, { where: { owner: "ann" } }, ["inside"], "in a namespace");
    },
  },
  {
    id: "L7-2",
    title: "a listing with where follows every change of metadata",
    clauses: ["L7", "M1"],
    async run({ open }) {
      const [store, other] = [await open(), await open()];
      const [alice, bob] = [{ owner: "alice" }, { owner: "bob" }];
      const expectOwned = async (when: string, ofAlice: string[], ofBob: string[]): Promise<void> => {
        await expectMatches(other, { where: alice }, ofAlice, when);
        await expectMatches(other, { where: bob }, ofBob, when);
      };
      for (const id of ["a", "b", "c", "d", "e"]) await store.save(id, {}, { metadata: alice });
      await store.save("a", { n: 2 }, { previous: await store.load("a") });
      await other.save("b", { n: 2 }, { overwrite: true, metadata: bob });
      await store.update("c", () => ({ n: 2 }), { metadata: { ...bob, title: "T" } });
      await store.save("d", { n: 2 }, { overwrite: true, metadata: {} });
      await other.delete("e");
      await store.save("f", { messages: [] }, { metadata: alice });
      await other.append("f", [1], { metadata: bob });
      await other.touch("a", { ttlMs: 3_600_000 });
      await expectOwned("after saves and a delete", ["a"], ["b", "c", "f"]);
      await store.touch("f", { metadata: alice });
      await store.save("e", { n: 3 }, { metadata: bob });
      await store.delete("b");
      await store.save("b", { n: 3 });
      await store.save("d", { n: 3 }, { overwrite: true, metadata: alice });
      await other.update("c", () => ({ n: 3 }));
      await expectOwned("after threads were created again", ["a", "d", "f"], ["c", "e"]);
    },
  },
  {
    id: "L7-3",
    title: "pages with where contain each matching thread once, also between many others",
    clauses: ["L7", "L6", "L5", "L1"],
    async run(context) {
      const { store, other, pass } = await recencyFixture(context);
      const ids = range(40).map((n) => `a-${String(n).padStart(2, "0")}`);
      await inParallel([...ids.entries()], 8, async ([n, id]) => {
        await store.save(id, {}, { metadata: metadataOf(n) });
      });
      await store.save("b-00", {}, { metadata: metadataOf(0) });
      await pass();
      await other.save("a-13", { n: 2 }, { overwrite: true });
      const where = { kind: "rare" };
      for (const limit of { quick: [2, 100], full: [1, 2, 100] }[context.settings.effort]) {
        const options = { where, limit, prefix: "a-" };
        expectEqual(
          await idsIn(other, options),
          ["a-00", "a-13", "a-26", "a-39"],
          `pages of ${limit} have the matching threads with the prefix in ascending order`,
        );
        expectGroups(
          context,
          await idsIn(other, { ...options, order: "updated" }),
          [["a-13"], ["a-00", "a-26", "a-39"]],
          `pages of ${limit} have the matching threads with the prefix, the latest save first`,
        );
      }
      const page = await other.listPage({ where, limit: 100 });
      expectEqual(page.threads[0]?.metadata, undefined, "where does not add metadata to summaries");
      expectTrue(
        (await other.listPage({ where, limit: 2 })).threads.length <= 2,
        "a page with where has at most limit threads",
        "it had more",
      );
    },
  },
  {
    id: "L7-4",
    title: "where must be a flat record of strings, and a cursor belongs to its where",
    clauses: ["L7", "L1", "F1"],
    async run({ open }) {
      const store = await open();
      for (const id of ["a", "b", "c"])
        await store.save(id, {}, { metadata: { owner: "ann", kind: "chat" } });
      const wrong: unknown[] = [
        null,
        1,
        "text",
        [],
        ["a"],
        { a: 1 },
        { a: null },
        { a: undefined },
        { a: {} },
      ];
      wrong.push({ a: "\ud800" }, { "\ud800": "a" }, new Map([["a", "b"]]), () => ({}));
      for (const value of wrong) {
        await expectError("INVALID_ARGUMENT", `listPage where ${show(value)}`, () =>
          store.listPage({ where: value as ThreadMetadata }),
        );
      }
      const { cursor = fail("a page has a cursor if more threads follow", "it had none") } =
        await store.listPage({ where: { owner: "ann", kind: "chat" }, limit: 1 });
      const next = await store.listPage({ where: { kind: "chat", owner: "ann" }, limit: 2, cursor });
      expectEqual(
        next.threads.map(({ id }) => id),
        ["b", "c"],
        "a listing with where continues from a cursor, in whatever order the members are",
      );
      for (const where of [undefined, {}, { owner: "ann" }, { owner: "ann", kind: "code" }]) {
        await expectError("INVALID_ARGUMENT", `the cursor of another where with ${show(where)}`, () =>
          store.listPage({ cursor, where }),
        );
      }
    },
  },
  {
    id: "L7-5",
    title: "a corrupt thread, whose metadata is unknown, matches no where, unless that is empty",
    clauses: ["L7", "E2"],
    capabilities: ["rewrite"],
    async run({ open, rewrite }) {
      const store = await open();
      for (const id of ["a", "b"]) await store.save(id, {}, { metadata: { owner: "ann" } });
      await rewrite("b", (record) => record.slice(0, -20));
      await expectMatches(store, { where: { owner: "ann" } }, ["a"], "if a record is corrupt");
      await expectMatches(store, { where: {} }, ["a", "b"], "if it is empty and a record is corrupt");
      await store.save("b", {}, { overwrite: true, metadata: { owner: "ann" } });
      await expectMatches(store, { where: { owner: "ann" } }, ["a", "b"], "once it was replaced");
    },
  },
]);
