import { type ThreadStore, ThreadStoreError } from "@threadstore/core";
import type { CampaignResult } from "../../engines/crash/kill-writers.ts";
import type { Ledger } from "../../engines/crash/ledger.ts";
import { takeAndNote } from "../../engines/crash/save-now.ts";
import { nameOf, type Step, take, contentOf } from "../../engines/crash/step.ts";
import type { CaseContext, CasePlace } from "../../suite/conformance-case.ts";
import { refuses, outcomeOf, holds } from "../../suite/expectations.ts";

/** Whether a thread can be created is decided by what the crash left. */
export async function createAfter(store: ThreadStore, ledger: Ledger): Promise<void> {
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
export async function refusesStale(store: ThreadStore, ledger: Ledger): Promise<void> {
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
export const KILLS_PER_COUNT = 10;

/** That the place has few entries more than the same threads take in one that saw no crash. */
export async function leavesLittle(
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
