import type { ThreadStore } from "@threadstore/core";
import { type CaseContext, type ConformanceCase, section } from "../suite/conformance-case.ts";
import { holds, loaded, refuses, same } from "../suite/expectations.ts";
import { summariesOf, textOf } from "./reading.ts";

const content = "content to be damaged";

/** How a record can be damaged, and whether a listing, which reads only a record's end, has to notice. */
const damages: readonly (readonly [
  id: string,
  change: (record: Uint8Array) => Uint8Array,
  isListed: boolean,
])[] = [
  ["empty", () => new Uint8Array(0), true],
  ["cut in half", (record) => record.slice(0, record.length / 2), true],
  ["without its last byte", (record) => record.slice(0, -1), true],
  ["all NUL", (record) => new Uint8Array(record.length), true],
  ["NUL in its second half", (record) => record.slice().fill(0, record.length / 2), true],
  ["something else", () => Buffer.from("{}"), true],
  ["not UTF-8", (record) => record.slice().fill(0xff, record.length / 2), true],
  ["one letter of the thread changed", oneLetterChanged, false],
];

function oneLetterChanged(record: Uint8Array): Uint8Array {
  const changed = Buffer.from(record);
  const found = changed.indexOf(content);
  // A store that encodes its content differently has it somewhere in the middle.
  const place = found < 0 ? Math.floor(changed.length / 2) : found;
  changed[place] = (changed[place] ?? 0) ^ 1;
  return changed;
}

/** A store with one thread damaged in each way, and one intact at each end of the listing. */
async function damagedStore({
  open,
  rewrite,
}: CaseContext): Promise<{ store: ThreadStore; versions: Map<string, string> }> {
  const saving = await open();
  const versions = new Map<string, string>();
  for (const id of ["- first", ...damages.map(([name]) => name), "z last"]) {
    versions.set(id, (await saving.save(id, { content }, { metadata: { title: id } })).version);
  }
  for (const [id, change] of damages) await rewrite(id, change);
  // A client of its own, which has read none of it before.
  return { store: await open(), versions };
}

async function bytesOf({ rewrite }: CaseContext, id: string): Promise<string> {
  let bytes = "";
  await rewrite(id, (record) => {
    bytes = Buffer.from(record).toString("hex");
    return record;
  });
  return bytes;
}

export const damage: ConformanceCase[] = section("Damaged records", "core", [
  {
    id: "E12",
    title: "load of a damaged record is CORRUPT, and leaves it",
    clauses: ["E2", "E1"],
    powers: ["rewrite"],
    async run(context) {
      const { store } = await damagedStore(context);
      for (const [id] of damages) {
        const before = await bytesOf(context, id);
        const error = await refuses("CORRUPT", `load of a record that is ${id}`, () => store.load(id));
        same(error.retryable, false, "CORRUPT is not retryable");
        await refuses("CORRUPT", `update of a record that is ${id}`, () =>
          store.update(id, () => ({ lost: true })),
        );
        same(await bytesOf(context, id), before, "a damaged record is left as it is");
      }
    },
  },
  {
    id: "E15",
    title: "only overwrite replaces a damaged record",
    clauses: ["E2", "C2"],
    powers: ["rewrite"],
    async run(context) {
      const { store, versions } = await damagedStore(context);
      for (const [id] of damages) {
        const before = await bytesOf(context, id);
        const previous = versions.get(id);
        const creates = () => store.save(id, { lost: true });
        await refuses(["CORRUPT", "CONFLICT"], `creating over a record that is ${id}`, creates);
        const replaces = () => store.save(id, { lost: true }, { previous });
        if (previous !== undefined)
          await refuses(["CORRUPT", "CONFLICT"], `a save over a record that is ${id}`, replaces);
        same(await bytesOf(context, id), before, "a damaged record is left as it is");
      }
    },
  },
  {
    id: "E16",
    title: "delete removes a damaged record and is true",
    clauses: ["E2", "E3"],
    powers: ["rewrite"],
    async run(context) {
      const { store } = await damagedStore(context);
      for (const [id] of damages) {
        same(await store.delete(id), true, `delete of a record that is ${id} is true`);
        same(await store.load(id), undefined, "a deleted record is gone, damaged or not");
        await store.save(id, { n: 1 });
        same(await textOf(store, id), '{"n":1}', "a thread can be created where a damaged one was deleted");
      }
    },
  },
  {
    id: "E17",
    title: "overwrite replaces a damaged record",
    clauses: ["E2", "C2", "C1"],
    powers: ["rewrite"],
    async run(context) {
      const { store, versions } = await damagedStore(context);
      for (const [id] of damages) {
        const saved = await store.save(id, { n: 1 }, { overwrite: true });
        same(await textOf(store, id), '{"n":1}', `overwrite replaces a record that is ${id}`);
        holds(
          saved.version !== versions.get(id),
          "overwrite yields a new version",
          "it was that of the damaged record",
        );
        await store.save(id, { n: 2 }, { previous: saved });
      }
    },
  },
  {
    id: "E18",
    title: "a listing goes on past damaged records and marks them",
    clauses: ["E2", "L1"],
    powers: ["rewrite"],
    async run(context) {
      const { store } = await damagedStore(context);
      const expected = ["- first", ...damages.map(([id]) => id), "z last"];
      for (const limit of [1, 100]) {
        const summaries = await summariesOf(store, limit);
        same(
          new Set(summaries.map(({ id }) => id)),
          new Set(expected),
          "a listing has every thread, damaged or not",
        );
        same(summaries.length, expected.length, "a listing has every thread once, damaged or not");
        for (const [id, , isListed] of damages) {
          const summary = summaries.find((each) => each.id === id);
          if (isListed) same(summary?.corrupt, true, `a record that is ${id} is marked in a listing`);
        }
        const intact = summaries.filter((each) => !each.corrupt).map(({ id }) => id);
        holds(
          intact.includes("- first") && intact.includes("z last"),
          "intact threads are not marked",
          "they were",
        );
      }
      same((await store.deleteExpired()).deleted, 0, "sweep leaves damaged records");
      const [empty] = damages[0] ?? [];
      const summary = (await summariesOf(store)).find(({ id }) => id === empty);
      await store.delete(empty ?? "", { previous: summary });
      same(
        (await summariesOf(store)).length,
        expected.length - 1,
        "a damaged thread's summary is good as previous",
      );
    },
  },
  {
    id: "E19",
    title: "another thread's record is CORRUPT",
    clauses: ["E2", "N2"],
    powers: ["rewrite"],
    async run({ open, rewrite }) {
      const store = await open();
      await store.save("a", { of: "a" });
      await store.save("b", { of: "b" });
      let ofB: Uint8Array = new Uint8Array(0);
      await rewrite("b", (record) => {
        ofB = record.slice();
        return record;
      });
      await rewrite("a", () => ofB);
      await refuses("CORRUPT", "load of an id whose record is another thread's", () => store.load("a"));
      const { thread } = await loaded(await open(), "b", "the other thread is there");
      same(thread, { of: "b" }, "the thread that the record belongs to is as it was");
    },
  },
]);
