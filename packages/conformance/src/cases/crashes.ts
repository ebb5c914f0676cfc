import type { StoredThread } from "@threadstore/core";
import { killFirstUsers } from "../engines/crash/first-use.ts";
import { killBackend } from "../engines/crash/kill-backend.ts";
import { killWriters } from "../engines/crash/kill-writers.ts";
import { traceWriter } from "../engines/crash/traced.ts";
import { checkWriteOrder } from "../engines/disk/write-order.ts";
import { section, CONCURRENT, DURABLE, type ConformanceCase } from "../suite/conformance-case.ts";
import { expectEqual, expectTrue, show, expectMissing } from "../suite/expectations.ts";
import { range } from "../utilities/parallel.ts";
import {
  createAfterCrash,
  expectStaleVersionsRejected,
  KILLS_PER_COUNT,
  expectFewLeftovers,
} from "./support/crashes.ts";
import { survivePowerCuts, surviveDiskErrors } from "./support/disk-crashes.ts";
import { idsOf } from "./support/reading.ts";
import { LONG_THREAD } from "./support/sample-threads.ts";
import { block, writeWhileWatched, listDuringChanges, writeBlocks } from "./support/visibility.ts";

export const crashes: ConformanceCase[] = section("Crashes", [
  {
    id: "D1-1",
    title: "reads during concurrent saves never return a mixture, a partial thread, nothing or an error",
    ...CONCURRENT,
    clauses: ["D1", "E4"],
    async run(context) {
      await (await context.open()).save("a", block(0));
      const steps = { quick: 8, full: 24 }[context.settings.effort];
      await writeWhileWatched(context, steps, writeBlocks, () => ({ thread, json }) => {
        const { n, end } = thread;
        expectEqual(n, end, "a thread is loaded completely");
        expectTrue(
          json === JSON.stringify(block(Number(n))),
          "a thread is loaded as one save left it",
          `thread ${Number(n)} was a mixture`,
        );
      });
    },
  },
  {
    id: "D1-2",
    title: "acknowledged saves and appends survive kill -9 of the process that made them",
    ...DURABLE,
    clauses: ["D1", "E4", "A1"],
    capabilities: ["childProcess"],
    async run(context) {
      await killWriters(context.newLocation(), context, { workload: "replacing" });
    },
  },
  {
    id: "D1-3",
    title: "a process killed while it saves a long thread leaves no partial thread",
    ...DURABLE,
    clauses: ["D1", "V1"],
    capabilities: ["childProcess"],
    async run(context) {
      await killWriters(context.newLocation(), context, { workload: "large" });
    },
  },
  {
    id: "D1-4",
    title: "a thread does not disappear when the process that overwrites it is killed",
    ...DURABLE,
    clauses: ["D1", "E2"],
    capabilities: ["childProcess"],
    async run(context) {
      await killWriters(context.newLocation(), context, { workload: "overwriting" });
    },
  },
  {
    id: "D1-5",
    title: "a process killed during many saves leaves no locks: the next one saves every thread at once",
    ...DURABLE,
    clauses: ["D1"],
    capabilities: ["childProcess"],
    async run(context) {
      await killWriters(context.newLocation(), context, { workload: "concurrent" });
    },
  },
  {
    id: "D1-6",
    title:
      "a process killed while it creates or deletes leaves the thread as before or after, and creating it depends on which",
    ...DURABLE,
    clauses: ["D1", "C2", "E3"],
    capabilities: ["childProcess"],
    async run(context) {
      await killWriters(context.newLocation(), context, {
        workload: "creating and deleting",
        afterKill: createAfterCrash,
      });
    },
  },
  {
    id: "D1-7",
    title:
      "after each kill the sequence of versions is intact: none recurs, and only the last one can be replaced",
    ...DURABLE,
    clauses: ["D1", "C1", "C2"],
    capabilities: ["childProcess"],
    async run(context) {
      await killWriters(context.newLocation(), context, {
        workload: "chain",
        afterKill: expectStaleVersionsRejected,
      });
    },
  },
  {
    id: "D1-8",
    title: "a location whose first user was killed during setup can be used at once",
    ...DURABLE,
    clauses: ["D1"],
    capabilities: ["childProcess"],
    run: killFirstUsers,
  },
  {
    id: "D1-9",
    title:
      "a process killed while it adds to a thread, or removes its end, leaves the thread as before or after",
    ...DURABLE,
    clauses: ["D1", "V1"],
    capabilities: ["childProcess"],
    async run(context) {
      await killWriters(context.newLocation(), context, { workload: "editing" });
    },
  },
  {
    id: "D2-1",
    title: "a save is acknowledged after its file and then the folders that name it are synced",
    ...DURABLE,
    clauses: ["D2"],
    capabilities: ["childProcess", "disk"],
    async run(context) {
      const saves = checkWriteOrder(await traceWriter(context, false));
      expectTrue(saves >= 5, "the trace has enough saves to be conclusive", `it has ${saves}`);
    },
  },
  {
    id: "D2-2",
    title: "a power cut loses nothing that was acknowledged and leaves each thread as before or after",
    ...DURABLE,
    clauses: ["D2", "D1"],
    capabilities: ["childProcess", "disk"],
    run: survivePowerCuts,
  },
  {
    id: "D2-3",
    title: "whatever is acknowledged despite a disk error survives a power cut",
    ...DURABLE,
    clauses: ["D2", "C6"],
    capabilities: ["childProcess", "disk"],
    run: surviveDiskErrors,
  },
  {
    id: "D2-4",
    title: "the settings that the durability of a save depends on have the values that the store promises",
    ...DURABLE,
    clauses: ["D2"],
    capabilities: ["durability"],
    timeoutMs: 60_000,
    async run({ newLocation }) {
      const location = newLocation();
      const store = await location.open();
      await store.save("a", { n: 1 });
      const settings = await location.durabilitySettings();
      expectTrue(
        settings.length > 0,
        "the harness returns the settings that durability depends on",
        "it returned none",
      );
      for (const { name, accepted, actual } of settings) {
        expectTrue(
          accepted.includes(actual),
          `${name} is ${accepted.join(" or ")} on the connection that the store saves on`,
          `it is ${actual}`,
        );
      }
    },
  },
  {
    id: "D2-5",
    title: "acknowledged saves survive kill -9 of the backend, and the store continues after the restart",
    ...DURABLE,
    clauses: ["D2", "E4", "C6"],
    capabilities: ["backend"],
    run: killBackend,
  },
  {
    id: "D3-1",
    title: "deleted threads and old versions leave nothing in the backend",
    clauses: ["D3"],
    capabilities: ["entries"],
    async run({ open, entries }) {
      const store = await open();
      async function round(first: number): Promise<number> {
        for (const n of range(6)) {
          const id = `thread-${first + n}`;
          let saved = await store.save(id, LONG_THREAD);
          for (const version of range(4)) saved = await store.save(id, { version }, { previous: saved });
          await store.delete(id);
        }
        return (await entries()).length;
      }
      const before = await round(0);
      let after = before;
      for (const n of range(5)) after = await round(100 * (n + 1));
      const actual = `after 6 threads there were ${before} entries, after 36 there were ${after}: ${show(await entries())}`;
      expectTrue(after <= before, "the leftovers of deleted threads do not grow with their number", actual);
    },
  },
  {
    id: "D3-5",
    title: "a long thread leaves nothing in the backend when it shrinks, is replaced or is deleted",
    clauses: ["D3"],
    capabilities: ["entries"],
    async run({ open, entries, maxThreadBytes }) {
      const store = await open();
      const text = "x".repeat(Math.min(300_000, maxThreadBytes - 1000));
      let threads = 0;
      // How many entries so many threads add, each after it was made and changed.
      async function growthOf(make: (id: string) => Promise<unknown>, count = 2): Promise<number> {
        const before = (await entries()).length;
        for (const _ of range(count)) await make(`thread-${(threads += 1)}`);
        return (await entries()).length - before;
      }
      async function saveLong(id: string): Promise<StoredThread> {
        const previous = await store.save(id, { text });
        return store.save(id, { text: `${text.slice(0, -5)}y` }, { previous });
      }
      // Until then, the backend may not even have a place for records.
      await store.save("warm", {});
      const ofShort = await growthOf((id) => store.save(id, { n: 1 }));
      // Some backends keep a marker for each deleted thread, long or short.
      const ofDeleted = await growthOf(async (id) => store.delete((await store.save(id, { n: 1 })).id));
      const endings: readonly (readonly [string, number, (saved: StoredThread) => Promise<unknown>])[] = [
        ["shrinks", ofShort, (previous) => store.save(previous.id, { n: 1 }, { previous })],
        ["is overwritten", ofShort, ({ id }) => store.save(id, { n: 1 }, { overwrite: true })],
        ["is deleted", ofDeleted, (previous) => store.delete(previous.id, { previous })],
      ];
      for (const [verb, allowed, end] of endings) {
        const make = async (id: string): Promise<unknown> => end(await saveLong(id));
        // The first time may create what exists once, however many threads there are.
        await growthOf(make, 1);
        const growth = await growthOf(make);
        expectTrue(
          growth <= allowed,
          `a long thread that ${verb} leaves nothing behind`,
          `2 of them left ${growth} entries instead of ${allowed}: ${show(await entries())}`,
        );
      }
    },
  },
  {
    id: "D3-2",
    title: "a location that was destroyed is empty when it is opened again",
    clauses: ["D3"],
    async run({ newLocation, close }) {
      const location = newLocation();
      const store = await location.open();
      for (const space of [store, store.namespace("x")]) await space.save("a", { n: 1 });
      await close(store);
      await location.destroy();
      const again = await location.open();
      for (const space of [again, again.namespace("x")]) {
        expectEqual(await idsOf(space), [], "the harness's destroy leaves nothing to list");
        await expectMissing(space, "a", "the harness's destroy leaves nothing to load");
      }
      await again.save("a", { n: 2 });
    },
  },
  {
    id: "D3-3",
    title: "a listing during saves and deletes contains the threads and nothing else",
    ...CONCURRENT,
    clauses: ["D3", "L1"],
    run: listDuringChanges,
  },
  {
    id: "D3-4",
    title: "the leftovers of killed processes are not listed and are at most one entry for each crash",
    ...DURABLE,
    clauses: ["D3"],
    capabilities: ["childProcess", "entries"],
    async run(context) {
      const location = context.newLocation();
      const result = await killWriters(location, context, {
        workload: "growing",
        async afterKill(_, ledger, kills) {
          if (kills % KILLS_PER_COUNT === 0) await expectFewLeftovers(context, location, { kills, ledger });
        },
      });
      await expectFewLeftovers(context, location, result);
    },
  },
]);
