import { ThreadStoreError, type ThreadStore } from "@threadstore/core";
import { type ConformanceCase, section } from "../suite/conformance-case.ts";
import { broken, describeError, loaded, outcomeOf, same, show, type Outcome } from "../suite/expectations.ts";
import { inParallel, range } from "../utilities/parallel.ts";
import { oneMore } from "./update.ts";

/** The one outcome that succeeded; the others have to be CONFLICT. */
export function onlyWinner<T>(outcomes: readonly Outcome<T>[], promised: string): T {
  const won = outcomes.flatMap((each) => (each.state === "resolved" ? [each.value] : []));
  for (const each of outcomes) {
    if (each.state === "resolved" || ThreadStoreError.is(each.error, "CONFLICT")) continue;
    broken(`who loses a race gets CONFLICT`, `one got ${describeError(each.error)}`);
  }
  const [winner] = won;
  if (winner === undefined || won.length !== 1)
    broken(promised, `${won.length} of ${outcomes.length} succeeded`);
  return winner;
}

/** Counts up by load and save, again and again until a save goes through. */
async function increment(store: ThreadStore, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const current = await store.load("counter");
    const outcome = await outcomeOf(() => store.save("counter", oneMore(current), { previous: current }));
    if (outcome.state === "resolved") return;
    if (!ThreadStoreError.is(outcome.error, "CONFLICT")) throw outcome.error;
  }
}

export async function countUp(
  clients: readonly ThreadStore[],
  times: number,
  signal: AbortSignal,
): Promise<void> {
  await Promise.all(
    clients.map(async (store) => {
      for (let n = 0; n < times; n += 1) await increment(store, signal);
    }),
  );
}

/** How often a race is run, which has another winner each time. */
const ROUNDS = { quick: 6, full: 20 } as const;
/** How often each of several counts up. */
const TIMES = { quick: 6, full: 25 } as const;

export const races: ConformanceCase[] = section("Races", "concurrent", [
  {
    id: "K01",
    title: "of 16 that create one thread, one wins",
    clauses: ["C4", "C2"],
    timeoutMs: 60_000,
    async run({ open, settings }) {
      const clients = await Promise.all(range(4).map(() => open()));
      for (const round of range(ROUNDS[settings.effort])) {
        const id = `thread-${round}`;
        const creating = range(16).map((n) =>
          outcomeOf(() => clients[n % 4]?.save(id, { n }) ?? Promise.reject(new Error("no client"))),
        );
        const winner = onlyWinner(
          await Promise.all(creating),
          "of 16 creations of one thread exactly one succeeds",
        );
        for (const client of clients) {
          const stored = await loaded(client, id, "the winner's thread is there");
          same(stored.json, winner.json, "the thread is the winner's, for every client");
          same(stored.version, winner.version, "the version is the winner's, for every client");
        }
      }
    },
  },
  {
    id: "K02",
    title: "of 16 that save from one version, one wins",
    clauses: ["C4", "C3"],
    timeoutMs: 60_000,
    async run({ open, settings }) {
      const clients = await Promise.all(range(4).map(() => open()));
      const [first] = clients;
      let previous = await first?.save("a", { start: true });
      for (const round of range(ROUNDS[settings.effort])) {
        const base = previous;
        const saving = range(16).map((n) =>
          outcomeOf(
            () =>
              clients[n % 4]?.save("a", { round, n }, { previous: base }) ??
              Promise.reject(new Error("no client")),
          ),
        );
        const winner = onlyWinner(
          await Promise.all(saving),
          "of 16 saves from one version exactly one succeeds",
        );
        for (const client of clients) {
          const stored = await loaded(client, "a", "the thread is there");
          same(
            [stored.json, stored.version],
            [winner.json, winner.version],
            "the thread is the winner's, for every client",
          );
        }
        previous = winner;
      }
    },
  },
  {
    id: "K03",
    title: "8 workers on one client count up without losing a step",
    clauses: ["C4"],
    timeoutMs: 60_000,
    async run({ open, signal, settings }) {
      const store = await open();
      const times = TIMES[settings.effort];
      await countUp(Array(8).fill(store), times, signal);
      const { thread } = await loaded(store, "counter", "it is there");
      same(thread, { n: 8 * times }, `${8 * times} increments make ${8 * times}`);
    },
  },
  {
    id: "K04",
    title: "8 clients count up without losing a step",
    clauses: ["C4"],
    timeoutMs: 60_000,
    async run({ open, signal, settings }) {
      const clients = await Promise.all(range(8).map(() => open()));
      const times = TIMES[settings.effort];
      await countUp(clients, times, signal);
      const { thread } = await loaded(await open(), "counter", "it is there");
      same(thread, { n: 8 * times }, `${8 * times} increments by 8 clients make ${8 * times}`);
    },
  },
  {
    id: "K06",
    title: "of a save and a delete from one version, one wins, and what is there agrees",
    clauses: ["C4", "C2"],
    timeoutMs: 60_000,
    async run({ open, settings }) {
      const [one, two] = [await open(), await open()];
      for (const round of range(ROUNDS[settings.effort])) {
        const previous = await one.save("a", { round });
        const save = () => one.save("a", { round, saved: true }, { previous });
        const remove = () => two.delete("a", { previous });
        const calls: (() => Promise<unknown>)[] = round % 2 === 0 ? [save, remove] : [remove, save];
        const winner = onlyWinner(
          await Promise.all(calls.map((call) => outcomeOf(call))),
          "of a save and a delete from one version exactly one succeeds",
        );
        const stored = await two.load("a");
        if (winner === true) same(stored, undefined, "when the delete won, nothing is there");
        else same(stored?.thread, { round, saved: true }, "when the save won, its thread is there");
        await one.delete("a");
      }
    },
  },
  {
    id: "K14",
    title: "update by 8 clients loses no step",
    clauses: ["C7", "C4"],
    timeoutMs: 60_000,
    async run({ open }) {
      const clients = await Promise.all(range(8).map(() => open()));
      await inParallel(clients, 8, async (store) => {
        for (let n = 0; n < 5; n += 1) await store.update("counter", oneMore);
      });
      const { thread } = await loaded(await open(), "counter", "it is there");
      same(thread, { n: 40 }, `40 updates by 8 clients make 40, not ${show(thread["n"])}`);
    },
  },
]);
