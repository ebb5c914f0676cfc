import { type ThreadStore, ThreadStoreError } from "@threadstore/core";
import type { CampaignResult } from "../../engines/crash/kill-writers.ts";
import type { Ledger } from "../../engines/crash/ledger.ts";
import { performAndRecord } from "../../engines/crash/save-now.ts";
import { nameOf, type Step, performStep, contentOf } from "../../engines/crash/step.ts";
import type { CaseContext, CaseLocation } from "../../suite/conformance-case.ts";
import { expectError, outcomeOf, expectTrue } from "../../suite/expectations.ts";

/** Expects that a thread can be created if, and only if, it did not survive the crash. */
export async function createAfterCrash(store: ThreadStore, ledger: Ledger): Promise<void> {
  const survivors = new Set(ledger.threads.map(({ thread }) => nameOf(thread)));
  for (const thread of [{ id: "a" }, { id: "b" }]) {
    const step: Step = { number: ledger.nextNumber, thread, action: "create", size: 100, previous: null };
    // A late request of the killed process may still delete the survivor. Any other one leaves it in place.
    if (survivors.has(nameOf(thread)) && ledger.hasPending(thread, "delete")) continue;
    if (survivors.has(nameOf(thread))) {
      await expectError("CONFLICT", "creating a thread that survived a crash", () =>
        performStep(step, store),
      );
      continue;
    }
    // A conflict with a late request of the killed process is possible. The ledger checks it.
    const outcome = await outcomeOf(() => performAndRecord(step, store, ledger));
    if (outcome.state === "rejected" && !ThreadStoreError.is(outcome.error, "CONFLICT")) throw outcome.error;
  }
}

/** Expects that only the version that survived can be replaced or deleted. */
export async function expectStaleVersionsRejected(store: ThreadStore, ledger: Ledger): Promise<void> {
  for (const { thread, previous } of ledger.threads) {
    if (previous === null) continue;
    const { id } = thread;
    await expectError("CONFLICT", "replacing a version that was already replaced before a crash", () =>
      store.save(id, {}, { previous }),
    );
    await expectError("CONFLICT", "deleting a version that was already replaced before a crash", () =>
      store.delete(id, { previous }),
    );
  }
}

/** The number of kills between two counts of the leftovers, so that a growing location is noticed early. */
export const KILLS_PER_COUNT = 10;

/** Expects the location to have few more entries than the same threads need without a crash. */
export async function expectFewLeftovers(
  { newLocation, close }: CaseContext,
  location: CaseLocation,
  { kills, ledger }: CampaignResult,
): Promise<void> {
  const clean = newLocation();
  const store = await clean.open();
  for (const step of ledger.threads) await store.save(step.thread.id, contentOf(step));
  await close(store);
  const [entries, needed] = [(await location.entries()).length, (await clean.entries()).length];
  await clean.destroy();
  expectTrue(
    entries - needed <= kills,
    "a killed process leaves at most one entry behind",
    `after ${kills} kills there were ${entries} entries for threads that need ${needed} without a crash`,
  );
}
