import { type ThreadStore, ThreadStoreError } from "@threadstore/core";
import { killFirstUsers } from "../engines/crash/first-use.ts";
import { type CampaignResult, killWriters } from "../engines/crash/kill-writers.ts";
import type { Ledger } from "../engines/crash/ledger.ts";
import { takeAndNote } from "../engines/crash/save-now.ts";
import { contentOf, nameOf, type Step, take } from "../engines/crash/step.ts";
import { endWriters } from "../engines/crash/terminate-writers.ts";
import {
  type CaseContext,
  type CasePlace,
  type ConformanceCase,
  section,
} from "../suite/conformance-case.ts";
import { holds, outcomeOf, refuses } from "../suite/expectations.ts";

const timeoutMs = 480_000;

/** Whether a thread can be created is decided by what the crash left. */
async function createAfter(store: ThreadStore, ledger: Ledger): Promise<void> {
  const there = new Set(ledger.threads.map(({ thread }) => nameOf(thread)));
  for (const thread of [{ id: "a" }, { id: "b" }]) {
    const step: Step = { number: ledger.nextNumber, thread, action: "create", size: 100, after: null };
    if (there.has(nameOf(thread))) {
      await refuses("CONFLICT", "creating what survived a crash", () => take(step, store));
      continue;
    }
    // A conflict with what the killed process had sent, and which arrived only now, is for the ledger to judge.
    const outcome = await outcomeOf(() => takeAndNote(step, store, ledger));
    if (outcome.state === "rejected" && !ThreadStoreError.is(outcome.error, "CONFLICT")) throw outcome.error;
  }
}

/** Only the version that survived can be replaced or deleted. */
async function refusesStale(store: ThreadStore, ledger: Ledger): Promise<void> {
  for (const { thread, after } of ledger.threads) {
    if (after === null) continue;
    const { id } = thread;
    await refuses("CONFLICT", "replacing a version that was replaced before a crash", () =>
      store.save(id, {}, { previous: after }),
    );
    await refuses("CONFLICT", "deleting a version that was replaced before a crash", () =>
      store.delete(id, { previous: after }),
    );
  }
}

/** Every so many kills what they left is counted, so that a place that fills up is found before long. */
const KILLS_PER_COUNT = 10;

/** That the place has few entries more than the same threads take in one that saw no crash. */
async function leavesLittle(
  { newPlace, close }: CaseContext,
  place: CasePlace,
  { kills, ledger }: CampaignResult,
): Promise<void> {
  const clean = newPlace();
  const store = await clean.open();
  for (const step of ledger.threads) await store.save(step.thread.id, contentOf(step));
  await close(store);
  const [entries, needed] = [(await place.entries()).length, (await clean.entries()).length];
  await clean.destroy();
  holds(
    entries - needed <= kills,
    "a killed process leaves one entry behind at most",
    `${kills} kills left ${entries} entries of threads that take ${needed} without a crash`,
  );
}

export const crashes: ConformanceCase[] = section("Crashes", "durable", [
  {
    id: "D01",
    title: "acknowledged saves survive kill -9 of the process that made them",
    clauses: ["D1", "E4"],
    powers: ["peer"],
    timeoutMs,
    async run(context) {
      await killWriters(context.newPlace(), context, { workload: "replacing" });
    },
  },
  {
    id: "D02",
    title: "a process killed while it saves a long thread leaves no torn one",
    clauses: ["D1", "V1"],
    powers: ["peer"],
    timeoutMs,
    async run(context) {
      await killWriters(context.newPlace(), context, { workload: "large" });
    },
  },
  {
    id: "D03",
    title: "a thread never disappears when the process that overwrites it is killed",
    clauses: ["D1", "E2"],
    powers: ["peer"],
    timeoutMs,
    async run(context) {
      await killWriters(context.newPlace(), context, { workload: "overwriting" });
    },
  },
  {
    id: "D04",
    title: "a process killed amid many saves leaves no lock: the next one saves each thread at once",
    clauses: ["D1"],
    powers: ["peer"],
    timeoutMs,
    async run(context) {
      await killWriters(context.newPlace(), context, { workload: "many at once" });
    },
  },
  {
    id: "D05",
    title: "what killed processes leave behind is not listed, and is one entry a crash at most",
    clauses: ["D3"],
    powers: ["peer", "entries"],
    timeoutMs,
    async run(context) {
      const place = context.newPlace();
      const result = await killWriters(place, context, {
        workload: "growing",
        async afterKill(_, ledger, kills) {
          if (kills % KILLS_PER_COUNT === 0) await leavesLittle(context, place, { kills, ledger });
        },
      });
      await leavesLittle(context, place, result);
    },
  },
  {
    id: "D06",
    title:
      "a process killed while it creates or deletes leaves the thread as before or after, and creating decides by it",
    clauses: ["D1", "C2", "E3"],
    powers: ["peer"],
    timeoutMs,
    async run(context) {
      await killWriters(context.newPlace(), context, {
        workload: "coming and going",
        afterKill: createAfter,
      });
    },
  },
  {
    id: "D07",
    title:
      "the chain of versions is whole after each kill: no version comes back, and only the last can be replaced",
    clauses: ["D1", "C1", "C2"],
    powers: ["peer"],
    timeoutMs,
    async run(context) {
      await killWriters(context.newPlace(), context, { workload: "chain", afterKill: refusesStale });
    },
  },
  {
    id: "D08",
    title: "a process that gets SIGTERM amid saves and closes its store has lost none of them, and ends",
    clauses: ["F3", "D1"],
    powers: ["peer"],
    timeoutMs,
    run: endWriters,
  },
  {
    id: "D11",
    title: "a place whose first user was killed while it set things up can be used at once",
    clauses: ["D1"],
    powers: ["peer"],
    timeoutMs,
    run: killFirstUsers,
  },
]);
