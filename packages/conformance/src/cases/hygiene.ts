import { getEventListeners } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import type { StoredThread } from "@threadstore/core";
import { type CaseContext, type ConformanceCase, section } from "../suite/conformance-case.ts";
import { holds, outcomeOf, same } from "../suite/expectations.ts";
import { inParallel, range } from "../utilities/parallel.ts";
import { complaintsDuring } from "../utilities/process-warnings.ts";
import { everyCall } from "./calls.ts";
import { promptly } from "./changes.ts";
import { pollFor } from "./reading.ts";

/** What keeps a process busy, and what it holds open, as the system counts it where it does. */
function handles(): number {
  const files = existsSync("/proc/self/fd") ? readdirSync("/proc/self/fd").length : 0;
  return process.getActiveResourcesInfo().length + files;
}

/** A handle or two may come and go with the process that runs the cases. */
const STRAY_HANDLES = 5;

/** Each in a place of its own, whose end is that of what the harness gives a store, such as a client. */
async function comeAndGo({ newPlace, close, settings, signal }: CaseContext): Promise<void> {
  const useOne = async (): Promise<void> => {
    const place = newPlace();
    const store = await place.open();
    const { version } = await store.save("a", { n: 1 }, { overwrite: true });
    await Promise.all([
      outcomeOf(() => store.save("a", {})),
      outcomeOf(() => store.save("a", {}, { previous: "none" })),
      store.load("nothing"),
      store.listPage(),
    ]);
    await store.delete("a", { previous: version });
    await close(store);
    await place.destroy();
  };
  // What a library keeps for all stores of the process, it has then.
  for (const _ of range(3)) await useOne();
  const before = handles();
  const count = settings.effort === "quick" ? 10 : 30;
  for (const _ of range(count)) await useOne();
  await pollFor(5000, signal, () => Promise.resolve(handles() <= before + STRAY_HANDLES));
  const left = handles() - before;
  holds(
    left <= STRAY_HANDLES,
    `${count} stores that came and went leave no handle open`,
    `there are ${left} more`,
  );
}

/** More than any pool of connections has places. */
const MANY = 100;
const LONG_MS = 10_000;

async function failOften({ open, timeoutFactor }: CaseContext): Promise<void> {
  const store = await open();
  const first = await store.save("a", { n: 0 });
  await store.save("a", { text: "x".repeat(20_000) }, { previous: first });
  const failing = [
    () => store.save("a", {}),
    () => store.save("a", {}, { previous: first }),
    () => store.delete("a", { previous: first }),
    () => store.load("nothing"),
  ];
  const work = async (): Promise<(StoredThread | undefined)[]> => {
    for (const fail of failing)
      await inParallel(range(MANY), 10, async () => void (await outcomeOf<unknown>(fail)));
    return Promise.all(range(60).map(() => store.load("a")));
  };
  const promised = `60 loads at once end after ${failing.length * MANY} calls that failed or found nothing`;
  const outcome = await promptly(LONG_MS * Math.max(1, timeoutFactor), promised, work);
  if (outcome.state === "rejected") throw outcome.error;
  for (const stored of outcome.value) same(stored?.size, 20_011, "each of them finds the thread");
}

export const hygiene: ConformanceCase[] = section("Hygiene", "hygiene", [
  {
    id: "A05",
    title: "no call leaves a listener on its signal",
    clauses: ["F6", "F2"],
    async run({ open }) {
      const store = await open();
      const controller = new AbortController();
      const { signal } = controller;
      for (const id of ["a", "b"]) {
        for (const [name, call] of everyCall(store, id, { signal })) {
          await outcomeOf(call);
          same(getEventListeners(signal, "abort").length, 0, `${name} leaves no listener on its signal`);
        }
      }
      const calls = everyCall(store, "c", { signal }).map(([, call]) => outcomeOf(call));
      controller.abort(new Error("the user left"));
      await Promise.all(calls);
      same(getEventListeners(signal, "abort").length, 0, "an aborted call leaves no listener on its signal");
    },
  },
  {
    id: "A06",
    title: "one signal serves many calls, 8 at a time, without a warning",
    clauses: ["F6"],
    async run({ open, settings }) {
      const store = await open();
      const rounds = { quick: 8, full: 25 }[settings.effort];
      const { signal } = new AbortController();
      const complaints = await complaintsDuring(async () => {
        for (const n of range(rounds)) {
          await Promise.all(
            range(8).map((m) => store.save(`thread-${m}`, { n }, { signal, overwrite: true })),
          );
        }
      });
      same(complaints, [], `${8 * rounds} calls with one signal cause no warning`);
      same(
        getEventListeners(signal, "abort").length,
        0,
        `${8 * rounds} calls leave no listener on their signal`,
      );
    },
  },
  {
    id: "E14",
    title: "no failing call leaves an unhandled rejection or a warning",
    clauses: ["F6"],
    async run({ open, close, settings }) {
      const store = await open();
      const saved = await store.save("a", { n: 0 });
      await store.save("a", { n: 1 }, { previous: saved });
      const complaints = await complaintsDuring(async () => {
        for (const n of range({ quick: 12, full: 50 }[settings.effort])) {
          const controller = new AbortController();
          const { signal } = controller;
          const calls = [
            () => store.save("a", {}, { signal }),
            () => store.save("a", {}, { previous: saved, signal }),
            () => store.delete("a", { previous: saved, signal }),
            () => store.save("", {}, { signal }),
            () => store.save(`big-${n}`, { text: "x".repeat(10_000) }, { signal }),
            () => store.load("a", { signal }),
            () => store.update("a", () => Promise.reject(new Error("no")), { signal }),
          ].map((call) => outcomeOf<unknown>(call));
          if (n % 2 === 0) controller.abort(new Error("the user left"));
          await Promise.all(calls);
        }
        await close(store);
        await Promise.all(everyCall(store, "a").map(([, call]) => outcomeOf(call)));
      });
      same(complaints, [], "many failing calls leave no unhandled rejection and no warning");
    },
  },
  {
    id: "R04",
    title: "stores that come and go leave no timer, socket or file open",
    clauses: ["F3", "F6"],
    timeoutMs: 60_000,
    run: comeAndGo,
  },
  {
    id: "R05",
    title: "hundreds of calls that fail or find nothing hold nothing that later calls need",
    clauses: ["F6"],
    timeoutMs: 60_000,
    run: failOften,
  },
]);
