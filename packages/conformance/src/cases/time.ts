import type { SaveOptions, StoredThread } from "@threadstore/core";
import { section, type ConformanceCase } from "../suite/conformance-case.ts";
import {
  expectEqual,
  expectSameIds,
  expectMissing,
  expectError,
  show,
  loadExisting,
  expectTrue,
} from "../suite/expectations.ts";
import { stoppedClock } from "../utilities/stopped-clock.ts";
import { textOf, idsOf, pollFor } from "./support/reading.ts";

const MINUTE = 60_000;

export const time: ConformanceCase[] = section("Time", [
  {
    id: "T1-1",
    title: "a thread exists until it expires",
    clauses: ["T1"],
    async run({ open }) {
      const clock = stoppedClock();
      const store = await open({ now: clock.now });
      await store.save("a", { n: 1 }, { ttlMs: MINUTE });
      await store.save("b", { n: 2 }, { expiresAt: new Date(clock.now() + MINUTE) });
      clock.advance(MINUTE - 1);
      expectEqual(
        await textOf(store, "a"),
        '{"n":1}',
        "a thread exists a millisecond before its ttlMs has passed",
      );
      expectEqual(await textOf(store, "b"), '{"n":2}', "a thread exists a millisecond before its expiresAt");
      expectEqual(await idsOf(store), ["a", "b"], "a thread is listed until it expires");
    },
  },
  {
    id: "T1-2",
    title: "an expired thread counts as deleted: for load, list, delete and creation",
    clauses: ["T1", "E1", "E3"],
    async run({ open }) {
      const clock = stoppedClock();
      const [store, other] = [await open({ now: clock.now }), await open({ now: clock.now })];
      for (const id of ["a", "b", "c"]) await store.save(id, { n: 1 }, { ttlMs: MINUTE });
      await store.save("d", { n: 1 }, { expiresAt: new Date(clock.now() + MINUTE) });
      await store.save("live", {});
      clock.advance(MINUTE);
      for (const client of [store, other]) {
        await expectMissing(client, "a", "an expired thread cannot be loaded");
        await expectMissing(client, "d", "a thread cannot be loaded from the moment of its expiresAt on");
        expectEqual(await idsOf(client), ["live"], "an expired thread is not listed");
        expectEqual(
          (await client.listPage({ limit: 1 })).threads.map(({ id }) => id),
          ["live"],
          "expired threads do not take up a page",
        );
      }
      expectEqual(await store.delete("b"), false, "deleting an expired thread returns false");
      await other.save("c", { n: 2 });
      expectEqual(await textOf(store, "c"), '{"n":2}', "a thread can be created in place of an expired one");
    },
  },
  {
    id: "T1-3",
    title: "an expiry that is not in the future is INVALID_ARGUMENT, and never means no expiry",
    clauses: ["T1", "F1"],
    async run({ open }) {
      const clock = stoppedClock();
      const store = await open({ now: clock.now });
      const wrong: object[] = [0, -1, Number.NaN, Infinity, "60000", {}].map((ttlMs) => ({ ttlMs }));
      const moments = [
        new Date(clock.now()),
        new Date(0),
        new Date(Number.NaN),
        clock.now() + MINUTE,
        "2099-01-01",
        {},
      ];
      wrong.push(...moments.map((expiresAt) => ({ expiresAt })));
      for (const options of wrong) {
        await expectError("INVALID_ARGUMENT", `a save with ${show(options)}`, () =>
          store.save("a", {}, options),
        );
      }
      expectEqual(await idsOf(store), [], "a rejected save creates nothing");
    },
  },
  {
    id: "T1-4",
    title: "deleting expired threads never deletes a newer save",
    clauses: ["T1"],
    async run({ open }) {
      const clock = stoppedClock();
      const [store, other] = [await open({ now: clock.now }), await open({ now: clock.now })];
      for (let round = 0; round < 20; round += 1) {
        await store.save("a", { round }, { ttlMs: MINUTE });
        clock.advance(MINUTE);
        const work = [
          other.deleteExpired(),
          store.save("a", { again: round }),
          other.deleteExpired(),
          other.load("a"),
          other.delete("b"),
        ];
        await Promise.all(work);
        expectEqual(
          await textOf(store, "a"),
          JSON.stringify({ again: round }),
          "a new thread survives while the expired one is being deleted",
        );
        await store.delete("a");
      }
    },
  },
  {
    id: "T1-5",
    title: "the version of an expired thread is stale: CONFLICT, and nothing is created",
    clauses: ["T1", "C2"],
    async run({ open }) {
      const clock = stoppedClock();
      const [store, other] = [await open({ now: clock.now }), await open({ now: clock.now })];
      const saved = await store.save("a", { n: 1 }, { ttlMs: MINUTE });
      clock.advance(MINUTE);
      for (const [client, previous] of [
        [store, saved],
        [other, saved],
        [store, saved.version],
      ] as const) {
        await expectError("CONFLICT", "a save at the version of an expired thread", () =>
          client.save("a", { n: 2 }, { previous }),
        );
        await expectError("CONFLICT", "a delete at the version of an expired thread", () =>
          client.delete("a", { previous }),
        );
      }
      await expectMissing(store, "a", "an expired thread does not come back");
    },
  },
  {
    id: "T1-6",
    title: "deleteExpired deletes the expired threads of its namespace and counts them",
    clauses: ["T1"],
    async run({ open }) {
      const clock = stoppedClock();
      const store = await open({ now: clock.now });
      const view = store.namespace("x");
      for (const id of ["a", "b", "c"]) await store.save(id, { n: 1 }, { ttlMs: MINUTE });
      await store.save("later", {}, { ttlMs: 2 * MINUTE });
      await store.save("live", {});
      await view.save("a", {}, { ttlMs: MINUTE });
      expectEqual(await store.deleteExpired(), { deleted: 0 }, "deleteExpired does not delete live threads");
      clock.advance(MINUTE);
      await store.save("c", { n: 2 });
      expectEqual(
        await store.deleteExpired(),
        { deleted: 2 },
        "deleteExpired deletes expired threads, and not those that were saved again",
      );
      expectEqual(await store.deleteExpired(), { deleted: 0 }, "a second deleteExpired finds nothing");
      expectEqual(await idsOf(store), ["c", "later", "live"], "deleteExpired leaves live threads");
      expectEqual(
        await view.deleteExpired(),
        { deleted: 1 },
        "deleteExpired of a store does not delete threads of namespaces",
      );
    },
  },
  {
    id: "T1-12",
    title: "deleteExpired with dryRun counts the expired threads, and deletes none",
    clauses: ["T1"],
    async run({ open }) {
      const clock = stoppedClock();
      const store = await open({ now: clock.now });
      for (const id of ["a", "b"]) await store.save(id, { n: 1 }, { ttlMs: MINUTE });
      await store.save("live", {});
      expectEqual(
        await store.deleteExpired({ dryRun: true }),
        { deleted: 0 },
        "it does not count live threads",
      );
      clock.advance(MINUTE);
      for (const run of ["first", "second"]) {
        expectEqual(await store.deleteExpired({ dryRun: true }), { deleted: 2 }, `the ${run} dry run counts`);
      }
      expectEqual(await store.deleteExpired({ dryRun: false }), { deleted: 2 }, "they can still be deleted");
      expectEqual(
        await store.deleteExpired({ dryRun: true }),
        { deleted: 0 },
        "it does not count deleted threads",
      );
      expectEqual(await idsOf(store), ["live"], "live threads stay");
    },
  },
  {
    id: "T1-7",
    title: "expiresAt is exact to the millisecond",
    clauses: ["T1", "L4"],
    async run({ open }) {
      const clock = stoppedClock();
      const store = await open({ now: clock.now });
      const moment = clock.now() + 1234;
      await store.save("a", {}, { ttlMs: 1234 });
      await store.save("b", {}, { expiresAt: new Date(moment) });
      for (const { id, expiresAt } of (await store.listPage()).threads) {
        expectEqual(expiresAt?.getTime(), moment, "a summary has the expiry to the millisecond");
        expectEqual(
          (await store.load(id))?.expiresAt?.getTime(),
          moment,
          "load returns the expiry to the millisecond",
        );
      }
      clock.advance(1233);
      expectEqual((await idsOf(store)).length, 2, "no thread expires a millisecond early");
      clock.advance(1);
      expectEqual(await idsOf(store), [], "no thread expires a millisecond late");
    },
  },
  {
    id: "T1-8",
    title: "without a clock option, threads expire by the real clock",
    clauses: ["T1"],
    async run({ open, signal }) {
      const [store, other] = [await open(), await open()];
      const started = Date.now();
      // An expiry that a backend applies itself must not outlive the save that named it.
      const endings = [{ expiresAt: null }, { ttlMs: 3_600_000 }] as const;
      const ids = ["again", ...endings.flatMap((_, n) => [`overwritten-${n}`, `updated-${n}`])];
      for (const id of ids) await store.save(id, { n: 1 }, { ttlMs: 700 });
      for (const [n, ending] of endings.entries()) {
        await store.save(`overwritten-${n}`, { n: 2 }, { ...ending, overwrite: true });
        await store.update(`updated-${n}`, () => ({ n: 2 }), ending);
      }
      await store.delete("again");
      await store.save("again", { n: 2 });
      const saved = await store.save("a", {}, { ttlMs: 700 });
      await store.save("live", {}, { ttlMs: 3_600_000 });
      const near = Math.abs((saved.expiresAt?.getTime() ?? 0) - started - 700);
      expectTrue(near < 60_000, "expiresAt is ttlMs from now", `it was off by ${near} ms`);
      await pollFor(5000, signal, async () => (await other.load("a")) === undefined);
      expectTrue(
        Date.now() - started >= 650,
        "a thread exists until it expires",
        `it was gone after ${Date.now() - started} ms`,
      );
      await expectMissing(store, "a", "an expired thread is gone for every client");
      for (const id of ids)
        expectEqual(
          await textOf(other, id),
          '{"n":2}',
          `the expiry of an earlier save does not end the thread ${show(id)}`,
        );
      expectSameIds(await idsOf(store), ["live", ...ids], "an expired thread is not listed");
      await store.save("a", { again: true });
      expectEqual(
        await textOf(other, "a"),
        '{"again":true}',
        "a thread can be created in place of an expired one",
      );
    },
  },
  {
    id: "T1-9",
    title: "a thread created in place of an expired one has nothing of it",
    clauses: ["T1", "C1", "M1"],
    async run({ open }) {
      const clock = stoppedClock();
      const store = await open({ now: clock.now });
      const versions = new Set<string>();
      for (const options of [{}, { overwrite: true }, {}, { overwrite: true }]) {
        const saved = await store.save("a", { same: true }, options);
        expectEqual(
          saved.metadata,
          {},
          "a thread created in place of an expired one does not have its metadata",
        );
        expectEqual(
          saved.createdAt.getTime(),
          clock.now(),
          "a thread created in place of an expired one has a new createdAt",
        );
        expectEqual(
          saved.expiresAt,
          undefined,
          "a thread created in place of an expired one does not have its expiry",
        );
        const doomed = { previous: saved, ttlMs: MINUTE, metadata: { title: "expired" } };
        const { version } = await store.save("a", { same: true }, doomed);
        for (const each of [saved.version, version]) {
          expectTrue(!versions.has(each), "no version recurs after expiry", `${show(each)} did`);
          versions.add(each);
        }
        clock.advance(MINUTE);
      }
    },
  },
  {
    id: "T1-10",
    title: "an expiry in the distant future does not come at once",
    clauses: ["T1"],
    async run({ open }) {
      const clock = stoppedClock();
      const store = await open({ now: clock.now });
      const far: SaveOptions[] = [2 ** 31, 2 ** 31 + 1, 2 ** 32 + 1, 1e13, 1e15].map((ttlMs) => ({ ttlMs }));
      far.push(
        { expiresAt: new Date(clock.now() + 2 ** 33) },
        { expiresAt: new Date(8.64e15) },
        { ttlMs: Number.MAX_SAFE_INTEGER },
      );
      for (const [index, options] of far.entries()) {
        const saved = await store.save(`a-${index}`, {}, options);
        expectTrue(
          (saved.expiresAt?.getTime() ?? 0) > clock.now() + 2 ** 30,
          "an expiry in the distant future is stored",
          `${show(options)} resulted in ${show(saved.expiresAt)}`,
        );
      }
      clock.advance(2 ** 31 - 1);
      expectEqual(
        (await idsOf(store)).length,
        far.length,
        "a thread that expires in the distant future exists",
      );
      expectEqual((await store.deleteExpired()).deleted, 0, "deleteExpired does not delete it");
    },
  },
  {
    id: "T1-11",
    title: "a clock that steps back does not shorten a ttlMs",
    clauses: ["T1", "T2"],
    async run({ open }) {
      const clock = stoppedClock();
      const [store, behind] = [
        await open({ now: clock.now, ttlMs: 2 * MINUTE }),
        await open({ now: () => clock.now() - 10 * MINUTE, ttlMs: 2 * MINUTE }),
      ];
      for (const id of ["own", "store"]) {
        const saved = await store.save(id, { n: 1 });
        const ttl = id === "own" ? { ttlMs: MINUTE } : {};
        for (const from of [{ previous: saved }, { overwrite: true }]) {
          const { updatedAt, expiresAt } = await behind.save(id, { n: 2 }, { ...from, ...ttl });
          expectEqual(
            (expiresAt?.getTime() ?? 0) - updatedAt.getTime(),
            id === "own" ? MINUTE : 2 * MINUTE,
            "a time to live counts from updatedAt",
          );
        }
      }
      clock.advance(MINUTE - 1);
      expectEqual(await idsOf(store), ["own", "store"], "threads exist until their time to live is over");
    },
  },
  {
    id: "T2-1",
    title: "createdAt is constant and updatedAt advances",
    clauses: ["T2"],
    async run({ open }) {
      const clock = stoppedClock();
      const [store, other] = [await open({ now: clock.now }), await open({ now: clock.now })];
      const start = clock.now();
      let saved = await store.save("a", { n: 0 });
      for (const save of [1, 2, 3]) {
        clock.advance(MINUTE);
        const client = save === 2 ? other : store;
        const from = save === 3 ? { overwrite: true } : { previous: save === 1 ? saved : saved.version };
        saved = await client.save("a", { n: save }, from);
        const loaded = await loadExisting(store, "a", "a saved thread can be loaded");
        for (const { createdAt, updatedAt } of [saved, loaded]) {
          expectEqual(
            createdAt.getTime(),
            start,
            "createdAt is when the thread was first saved, by whichever client",
          );
          expectEqual(updatedAt.getTime(), clock.now(), "updatedAt is when this version was saved");
        }
      }
      await store.delete("a");
      clock.advance(MINUTE);
      expectEqual(
        (await store.save("a", {})).createdAt.getTime(),
        clock.now(),
        "a thread that was created again has a new createdAt",
      );
    },
  },
  {
    id: "T2-2",
    title: "updatedAt never goes back, whichever form of previous a save has",
    clauses: ["T2"],
    async run({ open }) {
      const clock = stoppedClock();
      const [store, other] = [await open({ now: clock.now }), await open({ now: clock.now })];
      const { updatedAt } = await store.save("a", { n: 0 });
      const forms: (readonly [string, (stored: StoredThread) => Promise<SaveOptions>])[] = [
        ["a stored thread", async (previous) => ({ previous })],
        ["a version", async ({ version }) => ({ previous: version })],
        ["an object with a version", async ({ version }) => ({ previous: { version } })],
        ["a summary", async () => ({ previous: (await store.listPage()).threads[0] })],
        ["overwrite", async () => ({ overwrite: true })],
      ];
      for (const client of [store, other]) {
        for (const [form, optionsFor] of forms) {
          clock.advance(-MINUTE);
          const loaded = await loadExisting(client, "a", "a saved thread can be loaded");
          const saved = await client.save("a", { form }, await optionsFor(loaded));
          expectEqual(saved.updatedAt, updatedAt, `updatedAt does not go back in a save with ${form}`);
        }
        clock.advance(-MINUTE);
        const updated = await client.update("a", () => ({ form: "update" }));
        expectEqual(updated?.updatedAt, updatedAt, "updatedAt does not go back in an update");
      }
    },
  },
  {
    id: "T3-1",
    title: "a save that names no expiry keeps the one that an earlier save named, and null ends it",
    clauses: ["T3", "T1"],
    async run({ open }) {
      const clock = stoppedClock();
      const [store, other] = [await open({ now: clock.now }), await open({ now: clock.now })];
      const until = clock.now() + 2 * MINUTE;
      for (const [id, options] of [
        ["ttl", { ttlMs: 2 * MINUTE }],
        ["moment", { expiresAt: new Date(until) }],
      ] as const) {
        const first = await store.save(id, { n: 1 }, options);
        clock.advance(1000);
        const second = await store.save(id, { n: 2 }, { previous: first });
        const third = await other.save(
          id,
          { n: 2 },
          { previous: second.version, metadata: { title: "new" } },
        );
        const fourth = await other.save(id, { n: 3 }, { overwrite: true, metadata: {} });
        for (const [saved, how] of [
          [second, "to the loaded thread"],
          [third, "of new metadata to a bare version"],
          [fourth, "with overwrite"],
        ] as const)
          expectEqual(saved.expiresAt, first.expiresAt, `a save ${how} keeps the expiry`);
        clock.advance(-1000);
      }
      await store.save("ended", { n: 1 }, { ttlMs: MINUTE });
      const ended = await other.save("ended", { n: 2 }, { overwrite: true, expiresAt: null });
      expectEqual(ended.expiresAt, undefined, "expiresAt: null ends the expiry");
      await store.save("longer", { n: 1 }, { ttlMs: MINUTE });
      await store.save("longer", { n: 2 }, { overwrite: true, ttlMs: 3 * MINUTE });
      clock.advance(2 * MINUTE - 1);
      expectEqual(
        await idsOf(store),
        ["ended", "longer", "moment", "ttl"],
        "the last expiry that a save named applies",
      );
      clock.advance(1);
      expectEqual(
        await idsOf(store),
        ["ended", "longer"],
        "a thread expires when the last save that named it said",
      );
      await store.save("ttl", { n: 1 });
      expectEqual(
        (await store.load("ttl"))?.expiresAt,
        undefined,
        "a thread created in place of an expired one does not have its expiry",
      );
    },
  },
  {
    id: "T3-2",
    title: "the store's ttlMs counts from each save, unless a save of the thread named an expiry",
    clauses: ["T3", "T1"],
    async run({ open }) {
      const clock = stoppedClock();
      const [store, other] = [
        await open({ now: clock.now, ttlMs: MINUTE }),
        await open({ now: clock.now, ttlMs: MINUTE }),
      ];
      for (const [first, second] of [
        [store, other],
        [store.namespace("x"), other.namespace("x")],
      ] as const) {
        await first.save("default", {});
        await first.save("longer", {}, { ttlMs: 3 * MINUTE });
        await first.save("never", {}, { expiresAt: null });
        await first.save("undefined", {}, { ttlMs: undefined, expiresAt: undefined });
        await first.save("used", {});
        clock.advance(MINUTE - 1);
        for (const id of ["longer", "never", "used"]) await second.save(id, { n: 2 }, { overwrite: true });
        clock.advance(1);
        expectEqual(
          await idsOf(first),
          ["longer", "never", "used"],
          "the store's ttlMs applies to threads whose expiry no save named, from their last save",
        );
        clock.advance(MINUTE - 1);
        expectEqual(
          await idsOf(first),
          ["longer", "never"],
          "a save without an expiry does not replace the one that an earlier save named",
        );
        await second.save("never", { n: 3 }, { overwrite: true });
        clock.advance(MINUTE + 1);
        expectEqual(await idsOf(first), ["never"], "expiresAt: null means never, whatever the store's ttlMs");
      }
    },
  },
  {
    id: "T3-3",
    title: "update can set, keep and end an expiry",
    clauses: ["T3", "T1", "C7"],
    async run({ open }) {
      const clock = stoppedClock();
      const store = await open({ now: clock.now });
      await store.update("a", () => ({ n: 1 }), { ttlMs: MINUTE });
      await store.update("b", () => ({ n: 1 }), { ttlMs: MINUTE });
      const kept = await store.update("b", () => ({ n: 2 }));
      expectEqual(
        kept?.expiresAt?.getTime(),
        clock.now() + MINUTE,
        "update without an expiry keeps it, as a save does",
      );
      const ended = await store.update("b", () => ({ n: 3 }), { expiresAt: null });
      expectEqual(ended?.expiresAt, undefined, "update with expiresAt: null ends the expiry");
      clock.advance(MINUTE);
      expectEqual(await idsOf(store), ["b"], "the expiry that update set applies");
      const received: unknown[] = [];
      await store.update("a", (current) => {
        received.push(current);
        return { n: 3 };
      });
      expectEqual(received, [undefined], "update receives undefined for an expired thread");
    },
  },
]);
