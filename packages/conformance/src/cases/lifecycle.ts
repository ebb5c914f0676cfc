import type { ThreadStore } from "@threadstore/core";
import { type ConformanceCase, section } from "../suite/conformance-case.ts";
import { broken, describeError, holds, loaded, outcomeOf, refuses, same } from "../suite/expectations.ts";
import { range } from "../utilities/parallel.ts";
import { everyCall } from "./calls.ts";
import { idsOf, textOf } from "./reading.ts";

const big = { text: "x".repeat(200_000) };

/** Every call with arguments that are wrong, in the eyes of a program without types. */
function wrongCalls(store: ThreadStore): (readonly [name: string, call: () => unknown])[] {
  const nothing = undefined as never;
  const wrong = { signal: "no", timeoutMs: "soon", limit: "all", cursor: 5, previous: 5 } as never;
  return [
    ["save", () => store.save(nothing, nothing, wrong)],
    ["load", () => store.load(nothing, wrong)],
    ["delete", () => store.delete(nothing, wrong)],
    ["listPage", () => store.listPage(wrong)],
    ["update", () => store.update(nothing, nothing, wrong)],
    ["deleteExpired", () => store.deleteExpired(wrong)],
    ["list", () => store.list(wrong)[Symbol.asyncIterator]().next()],
  ];
}

export const lifecycle: ConformanceCase[] = section("Lifecycle", "core", [
  {
    id: "L01",
    title: "places share nothing",
    clauses: ["N3"],
    async run({ open, openElsewhere }) {
      const [here, there] = [await open(), await openElsewhere()];
      await here.save("a", { at: "here" });
      same(await there.load("a"), undefined, "a place does not see another's threads");
      await there.save("a", { at: "there" });
      same(await textOf(here, "a"), '{"at":"here"}', "saving in one place leaves the other alone");
      same(await there.delete("a"), true, "the other place's thread is deleted there");
      same(await idsOf(here), ["a"], "deleting in one place leaves the other alone");
    },
  },
  {
    id: "L02",
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
    id: "L03",
    title: "wrong arguments reject, and never throw synchronously",
    clauses: ["F1"],
    async run({ open }) {
      const store = await open();
      for (const [name, call] of wrongCalls(store)) {
        let result: unknown;
        try {
          result = call();
        } catch (error) {
          broken(`${name} returns a promise, which rejects`, `it threw ${describeError(error)}`);
        }
        holds(result instanceof Promise, `${name} returns a promise`, `it returned a ${typeof result}`);
        await refuses("INVALID_ARGUMENT", `${name} with wrong arguments`, () => result as Promise<unknown>);
      }
    },
  },
  {
    id: "L05",
    title: "close can be called again, also at the same time",
    clauses: ["F3"],
    async run({ open }) {
      const store = await open();
      await store.save("a", { n: 1 });
      const outcomes = await Promise.allSettled([store.close(), store.close(), store.close()]);
      const again = await outcomeOf(() => store.close());
      const states = [...outcomes.map(({ status }) => status), again.state];
      same(states, ["fulfilled", "fulfilled", "fulfilled", "resolved"], "close resolves each time");
    },
  },
  {
    id: "L06",
    title: "after close every call rejects with CLOSED",
    clauses: ["F3"],
    async run({ open, close }) {
      const store = await open();
      const view = store.namespace("x");
      await store.save("a", { n: 1 });
      await close(store);
      for (const [name, call] of [...everyCall(store, "a"), ...everyCall(view, "a")]) {
        const error = await refuses("CLOSED", `${name} after close`, call);
        same(error.retryable, false, "CLOSED is not retryable");
      }
    },
  },
  {
    id: "L07",
    title: "close waits for calls in flight, and they come to their end",
    clauses: ["F3", "E4"],
    async run({ open, close }) {
      const store = await open();
      const settled: string[] = [];
      const saving = range(8).map(async (n) => {
        const outcome = await outcomeOf(() => store.save(`thread-${n}`, big));
        settled.push(outcome.state);
      });
      await close(store);
      same(
        settled,
        Array(8).fill("resolved"),
        "when close resolves, the saves that were in flight have succeeded",
      );
      await Promise.all(saving);
      const later = await open();
      same((await idsOf(later)).length, 8, "what was saved while closing is there");
    },
  },
  {
    id: "L09",
    title: "await using closes the store",
    clauses: ["F3"],
    async run({ open }) {
      const store = await open();
      {
        await using disposed = store;
        await disposed.save("a", { n: 1 });
      }
      await refuses("CLOSED", "a call after the block", () => store.load("a"));
    },
  },
  {
    id: "L10",
    title: "closing a client leaves the others open",
    clauses: ["F3"],
    async run({ open, close }) {
      const [one, two] = [await open(), await open()];
      await one.save("a", { n: 1 });
      await close(one);
      same(await textOf(two, "a"), '{"n":1}', "a client works on when another closed");
      await two.save("b", { n: 2 });
      same(await idsOf(await open()), ["a", "b"], "a client opened later finds everything");
    },
  },
]);
