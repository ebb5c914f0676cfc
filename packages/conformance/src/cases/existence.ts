import type { ThreadStore } from "@threadstore/core";
import { section, FAULTY_NETWORK, CONCURRENT, type ConformanceCase } from "../suite/conformance-case.ts";
import { expectEqual, expectError, loadExisting, expectTrue, expectMissing } from "../suite/expectations.ts";
import { graceMs, SHORT_TIMEOUT_MS, promptly } from "../suite/time-limits.ts";
import { range } from "../utilities/parallel.ts";
import { warningsDuring } from "../utilities/process-warnings.ts";
import { everyCall } from "./support/calls.ts";
import { type AllowedCodes } from "./support/changes.ts";
import { storeWithCorruptRecords, CORRUPTIONS, bytesOf } from "./support/corrupt-records.ts";
import { callWhileDown, expectOutage } from "./support/outages.ts";
import { textOf, summariesOf, idsOf } from "./support/reading.ts";
import { refuseAlways, ALL_CHANGES, refuseListing, readUnexpectedResponses } from "./support/refusals.ts";
import { openRefusalFixture, refuseEach } from "./support/refused-changes.ts";
import { type Writer, writeWhileWatched } from "./support/visibility.ts";

export const existence: ConformanceCase[] = section("Existence", [
  {
    id: "E1-1",
    title: "loading a missing thread returns undefined",
    clauses: ["E1"],
    async run({ open }) {
      const store = await open();
      const stored: unknown = await store.load("nothing");
      expectEqual(stored, undefined, "loading an id that was never saved returns undefined");
    },
  },
  {
    id: "E1-2",
    title:
      "if the bucket, database or folder does not exist, every call is MISCONFIGURED instead of finding nothing",
    clauses: ["E1", "F1"],
    capabilities: ["missing"],
    async run(context) {
      const store = await context.openMissing();
      for (const [name, call] of everyCall(store, "a", { timeoutMs: 10_000 })) {
        const expectation = `${name} while the bucket, database or folder does not exist`;
        // Retrying cannot help, so a store that retries takes too long.
        const outcome = await promptly(graceMs(context), `${expectation} fails promptly`, call);
        const error = await expectError("MISCONFIGURED", expectation, async () => {
          if (outcome.state === "rejected") throw outcome.error;
          return outcome.value;
        });
        expectEqual(error.retryable, false, "MISCONFIGURED is not retryable");
      }
    },
  },
  {
    id: "E1-3",
    title: "a store can be opened while its backend is down: calls are UNAVAILABLE until the backend is up",
    ...FAULTY_NETWORK,
    clauses: ["E1", "F4", "F5", "F6"],
    async run(context) {
      const { startProxy, openThrough, open } = context;
      const proxy = await startProxy();
      proxy.refuse();
      const stores = new Map<string, ThreadStore>();
      const warnings = await warningsDuring(async () => {
        for (const [name] of everyCall(await openThrough(proxy), "a"))
          stores.set(name, await openThrough(proxy, { maxRetries: 2 }));
        await Promise.all([...stores].map(([name, store]) => callWhileDown(context, store, name)));
      });
      expectEqual(warnings, [], "a backend that is down causes no warnings and no unhandled errors");
      await proxy.accept();
      const other = await open();
      for (const [name, store] of stores) {
        await store.save(`thread of ${name}`, {});
        await loadExisting(other, `thread of ${name}`, "a store works once its backend is up");
      }
    },
  },
  {
    id: "E1-4",
    title: "an outage is UNAVAILABLE, and never undefined, false or an empty listing",
    ...FAULTY_NETWORK,
    clauses: ["E1", "F5"],
    async run(context) {
      const { startProxy, openThrough, open } = context;
      const proxy = await startProxy();
      const store = await openThrough(proxy);
      const limit = SHORT_TIMEOUT_MS + graceMs(context);
      const { version } = await store.save("a", { n: 1 });
      proxy.refuse();
      await proxy.cutAll();
      for (const id of ["a", "nothing"]) {
        const calling = everyCall(store, id, { timeoutMs: SHORT_TIMEOUT_MS }).map(async ([name, call]) => {
          const outcome = await promptly(limit, `${name} ends within its timeoutMs`, call);
          expectOutage(name, outcome, "while the backend refuses connections");
        });
        await Promise.all(calling);
      }
      await proxy.accept();
      const stored = await loadExisting(store, "a", "a thread survives an outage");
      expectEqual(
        [stored.version, stored.thread],
        [version, { n: 1 }],
        "calls that never reached the backend have no effect",
      );
      await store.save("a", { n: 2 }, { previous: stored });
      expectEqual(
        (await loadExisting(await open(), "a", "a thread can be loaded after an outage")).thread,
        { n: 2 },
        "a store works after an outage",
      );
    },
  },
  {
    id: "E1-5",
    title:
      "rejected credentials make every call fail with ACCESS_DENIED promptly, instead of finding nothing",
    ...FAULTY_NETWORK,
    clauses: ["E1", "F1", "F5"],
    async run(context) {
      const fixture = await openRefusalFixture(context);
      await fixture.store.save("a", { n: 1 });
      for (const refusal of fixture.refusals("denied")) await refuseAlways(fixture, refusal);
      expectEqual(
        (await fixture.store.load("a"))?.thread,
        { n: 1 },
        "a call with rejected credentials changes nothing",
      );
    },
  },
  {
    id: "E1-6",
    title:
      "if a request of a write is denied, the write says so and has no effect, and a listing is never partial",
    ...FAULTY_NETWORK,
    clauses: ["E1", "F1"],
    async run(context) {
      const fixture = await openRefusalFixture(context);
      const refusals = fixture.refusals("denied");
      const allowed: AllowedCodes = { withoutEffect: ["ACCESS_DENIED"] };
      await refuseEach(fixture, { refusals, changes: ALL_CHANGES, allowed });
      for (const n of range(4)) await fixture.store.save(`thread-${n}`, { n });
      for (const refusal of refusals) await refuseListing(fixture, refusal);
    },
  },
  {
    id: "E1-7",
    title:
      "an unexpected response is an error: it never means that a thread is missing or that a write succeeded",
    ...FAULTY_NETWORK,
    clauses: ["E1", "C3", "F1"],
    async run(context) {
      const fixture = await openRefusalFixture(context);
      await fixture.store.save("a", { n: 1 });
      const strange = fixture.refusals("unexpected");
      for (const refusal of strange) await readUnexpectedResponses(fixture, refusal);
      const allowed: AllowedCodes = {
        withoutEffect: ["CONFLICT"],
        unknown: ["BACKEND_ERROR", "MISCONFIGURED", "CORRUPT"],
      };
      const refusals = [...strange, ...fixture.refusals("missing")];
      await refuseEach(fixture, { refusals, changes: ALL_CHANGES, allowed });
    },
  },
  {
    id: "E2-1",
    title: "loading a corrupt record is CORRUPT and leaves it unchanged",
    clauses: ["E2", "E1"],
    capabilities: ["rewrite"],
    async run(context) {
      const { store } = await storeWithCorruptRecords(context);
      for (const [id] of CORRUPTIONS) {
        const before = await bytesOf(context, id);
        const error = await expectError("CORRUPT", `loading a record that is ${id}`, () => store.load(id));
        expectEqual(error.retryable, false, "CORRUPT is not retryable");
        await expectError("CORRUPT", `an update of a record that is ${id}`, () =>
          store.update(id, () => ({ lost: true })),
        );
        expectEqual(await bytesOf(context, id), before, "a corrupt record is left unchanged");
      }
    },
  },
  {
    id: "E2-2",
    title: "only overwrite replaces a corrupt record",
    clauses: ["E2", "C2"],
    capabilities: ["rewrite"],
    async run(context) {
      const { store, versions } = await storeWithCorruptRecords(context);
      for (const [id] of CORRUPTIONS) {
        const before = await bytesOf(context, id);
        const previous = versions.get(id);
        const creates = () => store.save(id, { lost: true });
        await expectError(["CORRUPT", "CONFLICT"], `creating a thread over a record that is ${id}`, creates);
        const replaces = () => store.save(id, { lost: true }, { previous });
        if (previous !== undefined)
          await expectError(["CORRUPT", "CONFLICT"], `a save over a record that is ${id}`, replaces);
        expectEqual(await bytesOf(context, id), before, "a corrupt record is left unchanged");
      }
    },
  },
  {
    id: "E2-3",
    title: "delete deletes a corrupt record and returns true",
    clauses: ["E2", "E3"],
    capabilities: ["rewrite"],
    async run(context) {
      const { store } = await storeWithCorruptRecords(context);
      for (const [id] of CORRUPTIONS) {
        expectEqual(await store.delete(id), true, `deleting a record that is ${id} returns true`);
        expectEqual(await store.load(id), undefined, "a deleted record is gone, even if it was corrupt");
        await store.save(id, { n: 1 });
        expectEqual(
          await textOf(store, id),
          '{"n":1}',
          "a thread can be created after a corrupt one was deleted",
        );
      }
    },
  },
  {
    id: "E2-4",
    title: "overwrite replaces a corrupt record",
    clauses: ["E2", "C2", "C1"],
    capabilities: ["rewrite"],
    async run(context) {
      const { store, versions } = await storeWithCorruptRecords(context);
      for (const [id] of CORRUPTIONS) {
        const saved = await store.save(id, { n: 1 }, { overwrite: true });
        expectEqual(await textOf(store, id), '{"n":1}', `overwrite replaces a record that is ${id}`);
        expectTrue(
          saved.version !== versions.get(id),
          "overwrite yields a new version",
          "it was the version of the corrupt record",
        );
        await store.save(id, { n: 2 }, { previous: saved });
      }
    },
  },
  {
    id: "E2-5",
    title: "a listing continues past corrupt records and marks them",
    clauses: ["E2", "L1"],
    capabilities: ["rewrite"],
    async run(context) {
      const { store } = await storeWithCorruptRecords(context);
      const expected = ["- first", ...CORRUPTIONS.map(([id]) => id), "z last"];
      for (const limit of [1, 100]) {
        const summaries = await summariesOf(store, limit);
        expectEqual(
          new Set(summaries.map(({ id }) => id)),
          new Set(expected),
          "a listing has every thread, corrupt or not",
        );
        expectEqual(summaries.length, expected.length, "a listing has every thread once, corrupt or not");
        for (const [id, , isListed] of CORRUPTIONS) {
          const summary = summaries.find((each) => each.id === id);
          if (isListed)
            expectEqual(summary?.corrupt, true, `a record that is ${id} is marked as corrupt in a listing`);
        }
        const intact = summaries.filter((each) => !each.corrupt).map(({ id }) => id);
        expectTrue(
          intact.includes("- first") && intact.includes("z last"),
          "intact threads are not marked as corrupt",
          "they were",
        );
      }
      expectEqual((await store.deleteExpired()).deleted, 0, "deleteExpired does not delete corrupt records");
      const [empty] = CORRUPTIONS[0] ?? [];
      const summary = (await summariesOf(store)).find(({ id }) => id === empty);
      await store.delete(empty ?? "", { previous: summary });
      expectEqual(
        (await summariesOf(store)).length,
        expected.length - 1,
        "the summary of a corrupt thread is accepted as previous",
      );
    },
  },
  {
    id: "E2-6",
    title: "a record of another thread is CORRUPT",
    clauses: ["E2", "N2"],
    capabilities: ["rewrite"],
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
      await expectError("CORRUPT", "loading an id that has the record of another thread", () =>
        store.load("a"),
      );
      const { thread } = await loadExisting(await open(), "b", "the other thread can be loaded");
      expectEqual(thread, { of: "b" }, "the thread that the record belongs to is unchanged");
    },
  },
  {
    id: "E3-1",
    title: "deleting a thread returns true, and the thread is gone",
    clauses: ["E3", "E1"],
    async run({ open }) {
      const store = await open();
      await store.save("a", { n: 1 });
      expectEqual(await store.delete("a"), true, "deleting an existing thread returns true");
      await expectMissing(store, "a", "a deleted thread cannot be loaded");
      expectEqual(await idsOf(store), [], "a deleted thread is not listed");
    },
  },
  {
    id: "E3-2",
    title: "deleting a missing thread returns false every time",
    clauses: ["E3"],
    async run({ open }) {
      const store = await open();
      expectEqual(await store.delete("never"), false, "deleting an id that was never saved returns false");
      await store.save("a", { n: 1 });
      await store.delete("a");
      expectEqual(await store.delete("a"), false, "a second delete returns false");
      expectEqual(await store.delete("a"), false, "a third delete returns false");
    },
  },
  {
    id: "E3-3",
    title: "a deleted thread stays deleted, and loading creates nothing",
    clauses: ["E3", "E4"],
    async run({ open }) {
      const [store, other] = [await open(), await open()];
      await store.save("a", { n: 1 });
      await other.load("a");
      await store.delete("a");
      for (const client of [store, other, store, other]) {
        await expectMissing(client, "a", "a deleted thread stays deleted for every client");
        await expectMissing(client, "b", "load creates nothing");
      }
      expectEqual(await idsOf(other), [], "ids that were deleted or only looked up are not listed");
      await other.save("b", { n: 1 });
      await expectError("CONFLICT", "creating a thread that another client created", () =>
        store.save("b", { n: 2 }),
      );
    },
  },
  {
    id: "E4-1",
    title: "two clients of a location see each other's saves and deletes at once",
    clauses: ["E4"],
    async run({ open }) {
      const [one, two] = [await open(), await open()];
      const first = await one.save("a", { n: 1 });
      const loaded = await loadExisting(two, "a", "a client can load what another one saved");
      expectEqual(loaded.version, first.version, "a client sees the version that another one saved");
      await two.save("a", { n: 2 }, { previous: loaded });
      expectEqual(await textOf(one, "a"), '{"n":2}', "the first client sees what the second one saved");
      await one.delete("a");
      expectEqual(await two.load("a"), undefined, "a client sees that another one deleted the thread");
      expectEqual(await idsOf(two), [], "a client does not list what another one deleted");
    },
  },
  {
    id: "E4-2",
    title: "saves and deletes show in the next listing of any client",
    clauses: ["E4", "L1"],
    async run({ open }) {
      const clients = [await open(), await open()];
      const [store, other] = clients as [(typeof clients)[0], (typeof clients)[0]];
      for (const n of range(10)) {
        await store.save(`thread-${n}`, {});
        for (const client of clients)
          expectEqual((await idsOf(client)).length, n + 1, "a saved thread is listed at once");
      }
      for (const n of range(10)) {
        await other.delete(`thread-${n}`);
        for (const client of clients)
          expectEqual((await idsOf(client)).length, 9 - n, "a deleted thread is no longer listed");
      }
    },
  },
  {
    id: "E4-3",
    title: "every load after a save sees it, on the same client and on another one",
    ...CONCURRENT,
    clauses: ["E4"],
    async run({ open, settings }) {
      const [store, other] = [await open(), await open()];
      let previous: string | undefined;
      for (const n of range({ quick: 25, full: 100 }[settings.effort])) {
        const writer = n % 2 === 0 ? store : other;
        const saved = await writer.save("a", { n }, { previous });
        const loads = await Promise.all([store, other].map((client) => client.load("a")));
        for (const each of loads)
          expectEqual(each?.version, saved.version, "a load after a save sees what was saved");
        previous = saved.version;
      }
    },
  },
  {
    id: "E4-4",
    title: "a client that reads while another one counts up never sees the count go back",
    ...CONCURRENT,
    clauses: ["E4"],
    async run(context) {
      let { version: previous } = await (await context.open()).save("a", { n: -1 });
      const steps = { quick: 12, full: 100 }[context.settings.effort];
      const writer: Writer = (store) => async (n) => {
        ({ version: previous } = await store.save("a", { n }, { previous }));
      };
      await writeWhileWatched(context, steps, writer, () => {
        let latest = -1;
        return ({ thread }) => {
          const n = Number(thread["n"]);
          expectTrue(n >= latest, "later loads see later saves", `after ${latest} came ${n}`);
          latest = n;
        };
      });
    },
  },
]);
