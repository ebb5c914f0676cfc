import { type ConformanceCase, section } from "../suite/conformance-case.ts";
import { absent, refuses, same, show } from "../suite/expectations.ts";
import { stoppedClock } from "../utilities/stopped-clock.ts";
import { idsOf, textOf } from "./reading.ts";

const minute = 60_000;

export const expiry: ConformanceCase[] = section("Expiry", "core", [
  {
    id: "T01",
    title: "a thread with an expiry is there until then",
    clauses: ["T1"],
    async run({ open }) {
      const clock = stoppedClock();
      const store = await open({ now: clock.now });
      await store.save("a", { n: 1 }, { ttlMs: minute });
      await store.save("b", { n: 2 }, { expiresAt: new Date(clock.now() + minute) });
      clock.advance(minute - 1);
      same(await textOf(store, "a"), '{"n":1}', "a thread is there a millisecond before its ttlMs is over");
      same(await textOf(store, "b"), '{"n":2}', "a thread is there a millisecond before its expiresAt");
      same(await idsOf(store), ["a", "b"], "a thread is listed until it expires");
    },
  },
  {
    id: "T02",
    title: "an expired thread is as if deleted: for load, list, delete and creation",
    clauses: ["T1", "E1", "E3"],
    async run({ open }) {
      const clock = stoppedClock();
      const [store, other] = [await open({ now: clock.now }), await open({ now: clock.now })];
      for (const id of ["a", "b", "c"]) await store.save(id, { n: 1 }, { ttlMs: minute });
      await store.save("d", { n: 1 }, { expiresAt: new Date(clock.now() + minute) });
      await store.save("live", {});
      clock.advance(minute);
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
    id: "T03",
    title: "each save sets expiry anew, and one without clears it",
    clauses: ["T1"],
    async run({ open }) {
      const clock = stoppedClock();
      const store = await open({ now: clock.now });
      const a = await store.save("a", { n: 1 }, { ttlMs: minute });
      const b = await store.save("b", { n: 1 }, { ttlMs: minute });
      await store.save("c", { n: 1 }, { ttlMs: minute });
      same(
        (await store.save("a", { n: 2 }, { previous: a })).expiresAt,
        undefined,
        "a save without an expiry clears it",
      );
      await store.save("b", { n: 2 }, { previous: b, ttlMs: 3 * minute });
      await store.save("c", { n: 2 }, { overwrite: true });
      clock.advance(2 * minute);
      same(await idsOf(store), ["a", "b", "c"], "a later save's expiry holds, not an earlier one's");
      clock.advance(minute);
      same(await idsOf(store), ["a", "c"], "a later save's expiry holds, not an earlier one's");
    },
  },
  {
    id: "T04",
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
        clock.now() + minute,
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
    id: "T05",
    title: "removing what expired never removes a newer save",
    clauses: ["T1"],
    async run({ open }) {
      const clock = stoppedClock();
      const [store, other] = [await open({ now: clock.now }), await open({ now: clock.now })];
      for (let round = 0; round < 20; round += 1) {
        await store.save("a", { round }, { ttlMs: minute });
        clock.advance(minute);
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
    id: "T08",
    title: "the version of an expired thread is stale: CONFLICT, and nothing is created",
    clauses: ["T1", "C2"],
    async run({ open }) {
      const clock = stoppedClock();
      const [store, other] = [await open({ now: clock.now }), await open({ now: clock.now })];
      const saved = await store.save("a", { n: 1 }, { ttlMs: minute });
      clock.advance(minute);
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
    id: "T10",
    title: "sweep removes what expired in its namespace, and says how much",
    clauses: ["T1"],
    async run({ open }) {
      const clock = stoppedClock();
      const store = await open({ now: clock.now });
      const view = store.namespace("x");
      for (const id of ["a", "b", "c"]) await store.save(id, { n: 1 }, { ttlMs: minute });
      await store.save("later", {}, { ttlMs: 2 * minute });
      await store.save("live", {});
      await view.save("a", {}, { ttlMs: minute });
      same(await store.deleteExpired(), { deleted: 0 }, "sweep removes nothing that is alive");
      clock.advance(minute);
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
]);
