import type { StoredThread, UpdateChange } from "@threadstore/core";
import { type ConformanceCase, section } from "../suite/conformance-case.ts";
import { absent, holds, loaded, refuses, rejectsWith, same } from "../suite/expectations.ts";
import { idsOf, textOf, unchanged } from "./reading.ts";

/** The thread with one more in it: a counter that loses no step only if every conflict is noticed. */
export function oneMore(current: StoredThread | undefined): { n: number } {
  return { n: Number(current?.thread["n"] ?? 0) + 1 };
}

export const update: ConformanceCase[] = section("Update", "core", [
  {
    id: "U01",
    title: "update creates what is not there and changes what is",
    clauses: ["C7"],
    async run({ open }) {
      const store = await open();
      same((await store.update("a", oneMore))?.thread, { n: 1 }, "update creates, from undefined");
      const changed = await store.update("a", async (current) => oneMore(current));
      same(changed?.thread, { n: 2 }, "update changes what is stored, also by an asynchronous change");
      await unchanged(store, "a", changed?.version ?? "", '{"n":2}');
      const text = ' {"n" : 3.0} ';
      await store.update("a", () => text);
      same(await textOf(store, "a"), text, "update keeps text byte for byte");
    },
  },
  {
    id: "U02",
    title: "a change that returns null leaves the thread",
    clauses: ["C7"],
    async run({ open }) {
      const store = await open();
      same(
        await store.update("a", () => null),
        undefined,
        "update that leaves nothing resolves to undefined",
      );
      await absent(store, "a", "update that leaves nothing creates nothing");
      const { version } = await store.save("a", { n: 1 });
      const left = await store.update("a", async () => null);
      same(left?.version, version, "update that leaves a thread resolves to it");
      await unchanged(store, "a", version, '{"n":1}');
    },
  },
  {
    id: "U03",
    title: "update starts again, with what is there now, when another writer was faster",
    clauses: ["C7", "C4"],
    async run({ open }) {
      const [store, other] = [await open(), await open()];
      await store.save("a", { n: 1 });
      const seen: unknown[] = [];
      const done = await store.update("a", async (current) => {
        seen.push(current?.json);
        if (seen.length === 1) await other.save("a", { n: 10 }, { overwrite: true });
        if (seen.length === 2) await other.delete("a");
        if (seen.length === 3) await other.save("a", { n: 20 });
        return oneMore(current);
      });
      const expected = ['{"n":1}', '{"n":10}', undefined, '{"n":20}'];
      same(
        seen,
        expected,
        "a change runs again with what another writer left: a save, nothing, a new thread",
      );
      same(done?.thread, { n: 21 }, "update saves what the last change returned");
      same(await textOf(other, "a"), '{"n":21}', "update loses nobody's save");
    },
  },
  {
    id: "U04",
    title: "update gives up with CONFLICT after maxAttempts",
    clauses: ["C7"],
    async run({ open }) {
      const [store, other] = [await open(), await open()];
      await store.save("a", { n: 0 });
      let runs = 0;
      const change = async (): Promise<UpdateChange> => {
        runs += 1;
        await other.update("a", oneMore);
        return { mine: true };
      };
      await refuses("CONFLICT", "update that loses every time", () =>
        store.update("a", change, { maxAttempts: 3 }),
      );
      same(runs, 3, "a change runs maxAttempts times");
      same(await textOf(store, "a"), '{"n":3}', "update that gives up has written nothing");
      await refuses("CONFLICT", "update with one attempt", () =>
        store.update("a", change, { maxAttempts: 1 }),
      );
      same(runs, 4, "with maxAttempts: 1 a change runs once");
    },
  },
  {
    id: "U05",
    title: "an error of the change comes through as it is, and nothing is written",
    clauses: ["C7"],
    async run({ open }) {
      const store = await open();
      const { version } = await store.save("a", { n: 1 });
      const reason = new Error("no change today");
      let runs = 0;
      const fails = (): never => {
        runs += 1;
        throw reason;
      };
      await rejectsWith(reason, "update rejects with what its change threw", () => store.update("a", fails));
      await rejectsWith(reason, "update rejects with what its change rejected with", () =>
        store.update("a", () => Promise.reject(reason)),
      );
      same(runs, 1, "a change that fails is not run again");
      await unchanged(store, "a", version, '{"n":1}');
    },
  },
  {
    id: "U06",
    title: "a change to what cannot be saved is refused at once",
    clauses: ["C7", "V2"],
    async run({ open }) {
      const store = await open();
      const { version } = await store.save("a", { n: 1 });
      let runs = 0;
      for (const wrong of [{ n: Number.NaN }, "[]", undefined, 5]) {
        const change = (): UpdateChange => {
          runs += 1;
          return wrong as UpdateChange;
        };
        await refuses("INVALID_ARGUMENT", "update to what is no thread", () => store.update("a", change));
      }
      same(runs, 4, "only a conflict makes a change run again");
      await unchanged(store, "a", version, '{"n":1}');
    },
  },
  {
    id: "U07",
    title: "update gives metadata, and keeps what it does not give",
    clauses: ["C7", "M1"],
    async run({ open }) {
      const store = await open();
      await store.update("a", oneMore, { metadata: { title: "T" } });
      same((await store.update("a", oneMore))?.metadata, { title: "T" }, "update without metadata keeps it");
      same(
        (await store.update("a", oneMore, { metadata: {} }))?.metadata,
        {},
        "update with metadata replaces it",
      );
    },
  },
  {
    id: "U08",
    title: "wrong arguments of update are INVALID_ARGUMENT",
    clauses: ["C7", "F1"],
    async run({ open }) {
      const store = await open();
      for (const change of [undefined, null, {}, { n: 1 }, '{"n":1}']) {
        await refuses("INVALID_ARGUMENT", "update without a function", () =>
          store.update("a", change as never),
        );
      }
      await refuses("INVALID_ARGUMENT", "update whose change returns nothing", () =>
        store.update("a", (() => undefined) as never),
      );
      for (const maxAttempts of [0, -1, 1.5, Number.NaN, "3"]) {
        const options = { maxAttempts: maxAttempts as number };
        await refuses("INVALID_ARGUMENT", `maxAttempts: ${maxAttempts}`, () =>
          store.update("a", oneMore, options),
        );
      }
      same(await idsOf(store), [], "a refused update creates nothing");
    },
  },
  {
    id: "U09",
    title: "update stops when its signal is aborted",
    clauses: ["C7", "F2"],
    async run({ open }) {
      const [store, other] = [await open(), await open()];
      await store.save("a", { n: 0 });
      const controller = new AbortController();
      const reason = new Error("the user left");
      let runs = 0;
      const change = async (): Promise<UpdateChange> => {
        runs += 1;
        await other.update("a", oneMore);
        if (runs === 2) controller.abort(reason);
        return { mine: true };
      };
      const call = () => store.update("a", change, { signal: controller.signal });
      await rejectsWith(reason, "an aborted update rejects with the signal's reason", call);
      holds(runs === 2, "an aborted update runs its change no more", `it ran ${runs} times`);
      same(
        (await loaded(other, "a", "it is there")).thread,
        { n: 2 },
        "an aborted update writes nothing more",
      );
    },
  },
]);
