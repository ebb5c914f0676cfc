import type { ThreadStore } from "@threadstore/core";
import { section, FAULTY_NETWORK, CONCURRENT, type ConformanceCase } from "../suite/conformance-case.ts";
import { same, refuses, loaded, holds, absent } from "../suite/expectations.ts";
import { graceMs, HURRY_MS, promptly } from "../suite/time-limits.ts";
import { range } from "../utilities/parallel.ts";
import { complaintsDuring } from "../utilities/process-warnings.ts";
import { everyCall } from "./support/calls.ts";
import { type Excuses } from "./support/changes.ts";
import { damagedStore, damages, bytesOf } from "./support/corrupt-records.ts";
import { callInVain, failedByOutage } from "./support/outages.ts";
import { textOf, summariesOf, idsOf } from "./support/reading.ts";
import { refuseAlways, allChanges, refuseListing, readStrange } from "./support/refusals.ts";
import { onStage, refuseEach } from "./support/refused-changes.ts";
import { type Writer, whileWatched } from "./support/visibility.ts";

export const existence: ConformanceCase[] = section("Existence", [
  {
    id: "E1-1",
    title: "load of nothing is undefined",
    clauses: ["E1"],
    async run({ open }) {
      const store = await open();
      const stored: unknown = await store.load("nothing");
      same(stored, undefined, "load of an id that was never saved is undefined");
    },
  },
  {
    id: "E1-2",
    title:
      "a bucket, database or folder that is not there is MISCONFIGURED for every call, and never nothing",
    clauses: ["E1", "F1"],
    powers: ["missing"],
    async run(context) {
      const store = await context.openMissing();
      for (const [name, call] of everyCall(store, "a", { timeoutMs: 10_000 })) {
        const promised = `${name} where what the store needs is not there`;
        // What is missing does not come by itself: who tries again to no avail takes too long.
        const outcome = await promptly(graceMs(context), `${promised} fails at once`, call);
        const error = await refuses("MISCONFIGURED", promised, async () => {
          if (outcome.state === "rejected") throw outcome.error;
          return outcome.value;
        });
        same(error.retryable, false, "MISCONFIGURED says that trying again cannot help");
      }
    },
  },
  {
    id: "E1-3",
    title:
      "a store can be opened while its backend is away: calls are UNAVAILABLE, and work once it is there",
    ...FAULTY_NETWORK,
    clauses: ["E1", "F4", "F5", "F6"],
    async run(context) {
      const { startProxy, openThrough, open } = context;
      const proxy = await startProxy();
      proxy.refuse();
      const stores = new Map<string, ThreadStore>();
      const complaints = await complaintsDuring(async () => {
        for (const [name] of everyCall(await openThrough(proxy), "a"))
          stores.set(name, await openThrough(proxy));
        await Promise.all([...stores].map(([name, store]) => callInVain(context, store, name)));
      });
      same(complaints, [], "a backend that is away causes no warning and no failure that nobody handles");
      await proxy.accept();
      const other = await open();
      for (const [name, store] of stores) {
        await store.save(`thread of ${name}`, {});
        await loaded(other, `thread of ${name}`, "the store works once its backend is there");
      }
    },
  },
  {
    id: "E1-4",
    title: "an outage is UNAVAILABLE, never nothing: neither undefined, nor false, nor an empty listing",
    ...FAULTY_NETWORK,
    clauses: ["E1", "F5"],
    async run(context) {
      const { startProxy, openThrough, open } = context;
      const proxy = await startProxy();
      const store = await openThrough(proxy);
      const limit = HURRY_MS + graceMs(context);
      const { version } = await store.save("a", { n: 1 });
      proxy.refuse();
      await proxy.cutAll();
      for (const id of ["a", "nothing"]) {
        const calling = everyCall(store, id, { timeoutMs: HURRY_MS }).map(async ([name, call]) => {
          const outcome = await promptly(limit, `${name} ends within its timeoutMs`, call);
          failedByOutage(name, outcome, "while nobody listens");
        });
        await Promise.all(calling);
      }
      await proxy.accept();
      const stored = await loaded(store, "a", "a thread survives an outage");
      same([stored.version, stored.thread], [version, { n: 1 }], "what was never sent had no effect");
      await store.save("a", { n: 2 }, { previous: stored });
      same(
        (await loaded(await open(), "a", "it is there")).thread,
        { n: 2 },
        "the store works after an outage",
      );
    },
  },
  {
    id: "E1-5",
    title:
      "a backend that refuses the credentials is ACCESS_DENIED for every call, at once, and never nothing",
    ...FAULTY_NETWORK,
    clauses: ["E1", "F1", "F5"],
    async run(context) {
      const stage = await onStage(context);
      await stage.store.save("a", { n: 1 });
      for (const refusal of stage.refusals("denied")) await refuseAlways(stage, refusal);
      same((await stage.store.load("a"))?.thread, { n: 1 }, "a refused call changes nothing");
    },
  },
  {
    id: "E1-6",
    title: "a change of which one request is refused says so, and had no effect; a listing is no part of one",
    ...FAULTY_NETWORK,
    clauses: ["E1", "F1"],
    async run(context) {
      const stage = await onStage(context);
      const answers = stage.refusals("denied");
      const excuses: Excuses = { withoutEffect: ["ACCESS_DENIED"] };
      await refuseEach(stage, { answers, changes: allChanges, excuses });
      for (const n of range(4)) await stage.store.save(`thread-${n}`, { n });
      for (const refusal of answers) await refuseListing(stage, refusal);
    },
  },
  {
    id: "E1-7",
    title:
      "an answer that a store does not expect is an error, never nothing, and no change that was not made",
    ...FAULTY_NETWORK,
    clauses: ["E1", "C3", "F1"],
    async run(context) {
      const stage = await onStage(context);
      await stage.store.save("a", { n: 1 });
      const strange = stage.refusals("strange");
      for (const refusal of strange) await readStrange(stage, refusal);
      const excuses: Excuses = {
        withoutEffect: ["CONFLICT"],
        unknown: ["BACKEND_ERROR", "MISCONFIGURED", "CORRUPT"],
      };
      const answers = [...strange, ...stage.refusals("missing")];
      await refuseEach(stage, { answers, changes: allChanges, excuses });
    },
  },
  {
    id: "E2-1",
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
    id: "E2-2",
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
    id: "E2-3",
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
    id: "E2-4",
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
    id: "E2-5",
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
    id: "E2-6",
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
  {
    id: "E3-1",
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
    id: "E3-2",
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
    id: "E3-3",
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
  {
    id: "E4-1",
    title: "two clients of a place see each other's saves and deletes at once",
    clauses: ["E4"],
    async run({ open }) {
      const [one, two] = [await open(), await open()];
      const first = await one.save("a", { n: 1 });
      const seen = await loaded(two, "a", "a client sees what another saved");
      same(seen.version, first.version, "a client sees the version that another saved");
      await two.save("a", { n: 2 }, { previous: seen });
      same(await textOf(one, "a"), '{"n":2}', "the first client sees what the second saved");
      await one.delete("a");
      same(await two.load("a"), undefined, "a client sees that another deleted");
      same(await idsOf(two), [], "a client's listing is without what another deleted");
    },
  },
  {
    id: "E4-2",
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
    id: "E4-3",
    title: "every load after a save sees it, by the same and by another client",
    ...CONCURRENT,
    clauses: ["E4"],
    async run({ open, settings }) {
      const [store, other] = [await open(), await open()];
      let previous: string | undefined;
      for (const n of range({ quick: 25, full: 100 }[settings.effort])) {
        const writer = n % 2 === 0 ? store : other;
        const saved = await writer.save("a", { n }, { previous });
        const found = await Promise.all([store, other].map((client) => client.load("a")));
        for (const each of found)
          same(each?.version, saved.version, "a load after a save sees what was saved");
        previous = saved.version;
      }
    },
  },
  {
    id: "E4-4",
    title: "who reads while another counts up never sees it go back",
    ...CONCURRENT,
    clauses: ["E4"],
    async run(context) {
      let { version: previous } = await (await context.open()).save("a", { n: -1 });
      const steps = { quick: 30, full: 100 }[context.settings.effort];
      const writer: Writer = (store) => async (n) => {
        ({ version: previous } = await store.save("a", { n }, { previous }));
      };
      await whileWatched(context, steps, writer, () => {
        let latest = -1;
        return ({ thread }) => {
          const n = Number(thread["n"]);
          holds(n >= latest, "later loads see later saves", `after ${latest} came ${n}`);
          latest = n;
        };
      });
    },
  },
]);
