import type { SaveOptions } from "@threadstore/core";
import { type ConformanceCase, section } from "../suite/conformance-case.ts";
import { absent, holds, loaded, same, show } from "../suite/expectations.ts";
import { stoppedClock } from "../utilities/stopped-clock.ts";
import { idsOf, pollFor, textOf } from "./reading.ts";

const minute = 60_000;

export const expiryRules: ConformanceCase[] = section("Expiry", "core", [
  {
    id: "T09",
    title: "createdAt stays and updatedAt moves",
    clauses: ["T2"],
    async run({ open }) {
      const clock = stoppedClock();
      const [store, other] = [await open({ now: clock.now }), await open({ now: clock.now })];
      const start = clock.now();
      let saved = await store.save("a", { n: 0 });
      for (const save of [1, 2, 3]) {
        clock.advance(minute);
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
      clock.advance(minute);
      same(
        (await store.save("a", {})).createdAt.getTime(),
        clock.now(),
        "a thread created again begins anew",
      );
    },
  },
  {
    id: "T11",
    title: "the store's ttlMs holds where a save names no expiry, and null is never",
    clauses: ["T1"],
    async run({ open }) {
      const clock = stoppedClock();
      const store = await open({ now: clock.now, ttlMs: minute });
      const view = store.namespace("x");
      for (const target of [store, view]) {
        await target.save("default", {});
        await target.save("longer", {}, { ttlMs: 2 * minute });
        await target.save("never", {}, { expiresAt: null });
        await target.save("undefined", {}, { ttlMs: undefined, expiresAt: undefined });
        same(
          (await loaded(target, "never", "it was saved")).expiresAt,
          undefined,
          "expiresAt: null is never",
        );
      }
      clock.advance(minute);
      for (const target of [store, view]) {
        same(
          await idsOf(target),
          ["longer", "never"],
          "the store's ttlMs holds exactly where a save names no expiry",
        );
        await target.save("never", { n: 2 }, { overwrite: true });
      }
      clock.advance(minute);
      same(await idsOf(store), [], "a save of the thread that named no expiry has the store's ttlMs");
    },
  },
  {
    id: "T13",
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
    id: "T14",
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
    id: "T15",
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
        const doomed = { previous: saved, ttlMs: minute, metadata: { title: "expired" } };
        const { version } = await store.save("a", { same: true }, doomed);
        for (const each of [saved.version, version]) {
          holds(!versions.has(each), "no version returns after expiry", `${show(each)} did`);
          versions.add(each);
        }
        clock.advance(minute);
      }
    },
  },
  {
    id: "T16",
    title: "update can give and clear an expiry",
    clauses: ["T1", "C7"],
    async run({ open }) {
      const clock = stoppedClock();
      const store = await open({ now: clock.now });
      await store.update("a", () => ({ n: 1 }), { ttlMs: minute });
      await store.update("b", () => ({ n: 1 }), { ttlMs: minute });
      const cleared = await store.update("b", () => ({ n: 2 }));
      same(cleared?.expiresAt, undefined, "update without an expiry clears it, as a save does");
      clock.advance(minute);
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
    id: "T07",
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
]);
