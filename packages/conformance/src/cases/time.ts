import type { SaveOptions } from "@threadstore/core";
import { section, type ConformanceCase } from "../suite/conformance-case.ts";
import { same, absent, refuses, show, loaded, holds } from "../suite/expectations.ts";
import { stoppedClock } from "../utilities/stopped-clock.ts";
import { textOf, idsOf, pollFor } from "./support/reading.ts";

const MINUTE = 60_000;

export const time: ConformanceCase[] = section("Time", [
  {
    id: "T1-1",
    title: "a thread with an expiry is there until then",
    clauses: ["T1"],
    async run({ open }) {
      const clock = stoppedClock();
      const store = await open({ now: clock.now });
      await store.save("a", { n: 1 }, { ttlMs: MINUTE });
      await store.save("b", { n: 2 }, { expiresAt: new Date(clock.now() + MINUTE) });
      clock.advance(MINUTE - 1);
      same(await textOf(store, "a"), '{"n":1}', "a thread is there a millisecond before its ttlMs is over");
      same(await textOf(store, "b"), '{"n":2}', "a thread is there a millisecond before its expiresAt");
      same(await idsOf(store), ["a", "b"], "a thread is listed until it expires");
    },
  },
  {
    id: "T1-2",
    title: "an expired thread is as if deleted: for load, list, delete and creation",
    clauses: ["T1", "E1", "E3"],
    async run({ open }) {
      const clock = stoppedClock();
      const [store, other] = [await open({ now: clock.now }), await open({ now: clock.now })];
      for (const id of ["a", "b", "c"]) await store.save(id, { n: 1 }, { ttlMs: MINUTE });
      await store.save("d", { n: 1 }, { expiresAt: new Date(clock.now() + MINUTE) });
      await store.save("live", {});
      clock.advance(MINUTE);
      for (const client of [store, other]) {
        await absent(client, "a", "an expired thread is not loaded");
        await absent(client, "d", "a thread is not loaded from the moment of its expiresAt");
        same(await idsOf(client), ["live"], "an expired thread is not listed");
        same(
          (await client.listPage({ limit: 1 })).threads.map(({ id }) => id),
          ["live"],
          "expired threads fill no page",
        );
      }
      same(await store.delete("b"), false, "delete of an expired thread is false");
      await other.save("c", { n: 2 });
      same(await textOf(store, "c"), '{"n":2}', "a thread can be created where one has expired");
    },
  },
  {
    id: "T1-3",
    title: "each save sets expiry anew, and one without clears it",
    clauses: ["T1"],
    async run({ open }) {
      const clock = stoppedClock();
      const store = await open({ now: clock.now });
      const a = await store.save("a", { n: 1 }, { ttlMs: MINUTE });
      const b = await store.save("b", { n: 1 }, { ttlMs: MINUTE });
      await store.save("c", { n: 1 }, { ttlMs: MINUTE });
      same(
        (await store.save("a", { n: 2 }, { previous: a })).expiresAt,
        undefined,
        "a save without an expiry clears it",
      );
      await store.save("b", { n: 2 }, { previous: b, ttlMs: 3 * MINUTE });
      await store.save("c", { n: 2 }, { overwrite: true });
      clock.advance(2 * MINUTE);
      same(await idsOf(store), ["a", "b", "c"], "a later save's expiry holds, not an earlier one's");
      clock.advance(MINUTE);
      same(await idsOf(store), ["a", "c"], "a later save's expiry holds, not an earlier one's");
    },
  },
  {
    id: "T1-4",
    title: "an expiry that is not in the future is INVALID_ARGUMENT, and never means for ever",
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
        await refuses("INVALID_ARGUMENT", `a save with ${show(options)}`, () => store.save("a", {}, options));
      }
      same(await idsOf(store), [], "a refused save creates nothing");
    },
  },
  {
    id: "T1-5",
    title: "removing what expired never removes a newer save",
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
        same(
          await textOf(store, "a"),
          JSON.stringify({ again: round }),
          "a thread saved anew stays, though its expired one is being removed",
        );
        await store.delete("a");
      }
    },
  },
  {
    id: "T1-6",
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
        await refuses("CONFLICT", "a save with the version of an expired thread", () =>
          client.save("a", { n: 2 }, { previous }),
        );
        await refuses("CONFLICT", "a delete with the version of an expired thread", () =>
          client.delete("a", { previous }),
        );
      }
      await absent(store, "a", "an expired thread does not come back");
    },
  },
  {
    id: "T1-7",
    title: "sweep removes what expired in its namespace, and says how much",
    clauses: ["T1"],
    async run({ open }) {
      const clock = stoppedClock();
      const store = await open({ now: clock.now });
      const view = store.namespace("x");
      for (const id of ["a", "b", "c"]) await store.save(id, { n: 1 }, { ttlMs: MINUTE });
      await store.save("later", {}, { ttlMs: 2 * MINUTE });
      await store.save("live", {});
      await view.save("a", {}, { ttlMs: MINUTE });
      same(await store.deleteExpired(), { deleted: 0 }, "sweep removes nothing that is alive");
      clock.advance(MINUTE);
      await store.save("c", { n: 2 });
      same(
        await store.deleteExpired(),
        { deleted: 2 },
        "sweep removes what has expired, and what was saved anew is not",
      );
      same(await store.deleteExpired(), { deleted: 0 }, "a second sweep finds nothing");
      same(await idsOf(store), ["c", "later", "live"], "sweep leaves what is alive");
      same(
        await view.deleteExpired(),
        { deleted: 1 },
        "a store's sweep leaves a namespace's threads to the namespace's",
      );
    },
  },
  {
    id: "T1-8",
    title: "the store's ttlMs holds where a save names no expiry, and null is never",
    clauses: ["T1"],
    async run({ open }) {
      const clock = stoppedClock();
      const store = await open({ now: clock.now, ttlMs: MINUTE });
      const view = store.namespace("x");
      for (const target of [store, view]) {
        await target.save("default", {});
        await target.save("longer", {}, { ttlMs: 2 * MINUTE });
        await target.save("never", {}, { expiresAt: null });
        await target.save("undefined", {}, { ttlMs: undefined, expiresAt: undefined });
        same(
          (await loaded(target, "never", "it was saved")).expiresAt,
          undefined,
          "expiresAt: null is never",
        );
      }
      clock.advance(MINUTE);
      for (const target of [store, view]) {
        same(
          await idsOf(target),
          ["longer", "never"],
          "the store's ttlMs holds exactly where a save names no expiry",
        );
        await target.save("never", { n: 2 }, { overwrite: true });
      }
      clock.advance(MINUTE);
      same(await idsOf(store), [], "a save of the thread that named no expiry has the store's ttlMs");
    },
  },
  {
    id: "T1-9",
    title: "expiresAt is the moment that was asked for, to the millisecond",
    clauses: ["T1", "L4"],
    async run({ open }) {
      const clock = stoppedClock();
      const store = await open({ now: clock.now });
      const moment = clock.now() + 1234;
      await store.save("a", {}, { ttlMs: 1234 });
      await store.save("b", {}, { expiresAt: new Date(moment) });
      for (const { id, expiresAt } of (await store.listPage()).threads) {
        same(expiresAt?.getTime(), moment, "a summary tells the expiry to the millisecond");
        same(
          (await store.load(id))?.expiresAt?.getTime(),
          moment,
          "load tells the expiry to the millisecond",
        );
      }
      clock.advance(1233);
      same((await idsOf(store)).length, 2, "no thread expires a millisecond early");
      clock.advance(1);
      same(await idsOf(store), [], "no thread expires a millisecond late");
    },
  },
  {
    id: "T1-10",
    title: "threads expire by the real clock where none is given",
    clauses: ["T1"],
    async run({ open, signal }) {
      const [store, other] = [await open(), await open()];
      const started = Date.now();
      const saved = await store.save("a", {}, { ttlMs: 700 });
      await store.save("live", {}, { ttlMs: 3_600_000 });
      const near = Math.abs((saved.expiresAt?.getTime() ?? 0) - started - 700);
      holds(near < 60_000, "expiresAt is ttlMs from now", `it was ${near} ms from there`);
      await pollFor(5000, signal, async () => (await other.load("a")) === undefined);
      holds(
        Date.now() - started >= 650,
        "a thread is there until it expires",
        `it was gone after ${Date.now() - started} ms`,
      );
      await absent(store, "a", "an expired thread is gone for every client");
      same(await idsOf(store), ["live"], "an expired thread is not listed");
      await store.save("a", { again: true });
      same(await textOf(other, "a"), '{"again":true}', "a thread can be created where one has expired");
    },
  },
  {
    id: "T1-11",
    title: "a thread created where one expired begins anew",
    clauses: ["T1", "C1", "M1"],
    async run({ open }) {
      const clock = stoppedClock();
      const store = await open({ now: clock.now });
      const versions = new Set<string>();
      for (const options of [{}, { overwrite: true }, {}, { overwrite: true }]) {
        const saved = await store.save("a", { same: true }, options);
        same(saved.metadata, {}, "a thread created where one expired has nothing of that one's metadata");
        same(
          saved.createdAt.getTime(),
          clock.now(),
          "a thread created where one expired has a createdAt of its own",
        );
        same(
          saved.expiresAt,
          undefined,
          "a thread created where one expired has nothing of that one's expiry",
        );
        const doomed = { previous: saved, ttlMs: MINUTE, metadata: { title: "expired" } };
        const { version } = await store.save("a", { same: true }, doomed);
        for (const each of [saved.version, version]) {
          holds(!versions.has(each), "no version returns after expiry", `${show(each)} did`);
          versions.add(each);
        }
        clock.advance(MINUTE);
      }
    },
  },
  {
    id: "T1-12",
    title: "update can give and clear an expiry",
    clauses: ["T1", "C7"],
    async run({ open }) {
      const clock = stoppedClock();
      const store = await open({ now: clock.now });
      await store.update("a", () => ({ n: 1 }), { ttlMs: MINUTE });
      await store.update("b", () => ({ n: 1 }), { ttlMs: MINUTE });
      const cleared = await store.update("b", () => ({ n: 2 }));
      same(cleared?.expiresAt, undefined, "update without an expiry clears it, as a save does");
      clock.advance(MINUTE);
      same(await idsOf(store), ["b"], "the expiry that update gave holds");
      const seen: unknown[] = [];
      await store.update("a", (current) => {
        seen.push(current);
        return { n: 3 };
      });
      same(seen, [undefined], "update sees nothing where a thread has expired");
    },
  },
  {
    id: "T1-13",
    title: "an expiry far away does not come at once",
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
        holds(
          (saved.expiresAt?.getTime() ?? 0) > clock.now() + 2 ** 30,
          "an expiry far away is kept",
          `${show(options)} gave ${show(saved.expiresAt)}`,
        );
      }
      clock.advance(2 ** 31 - 1);
      same((await idsOf(store)).length, far.length, "a thread whose expiry is far away is there");
      same((await store.deleteExpired()).deleted, 0, "sweep leaves it there");
    },
  },
  {
    id: "T2-1",
    title: "createdAt stays and updatedAt moves",
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
        const found = await loaded(store, "a", "a saved thread is loaded");
        for (const { createdAt, updatedAt } of [saved, found]) {
          same(
            createdAt.getTime(),
            start,
            "createdAt is when the thread was first saved, whatever saved it since",
          );
          same(updatedAt.getTime(), clock.now(), "updatedAt is when this version was saved");
        }
      }
      await store.delete("a");
      clock.advance(MINUTE);
      same(
        (await store.save("a", {})).createdAt.getTime(),
        clock.now(),
        "a thread created again begins anew",
      );
    },
  },
]);
