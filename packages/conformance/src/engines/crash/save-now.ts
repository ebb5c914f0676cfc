import { type ThreadStore, ThreadStoreError } from "@threadstore/core";
import { describeError, outcomeOf } from "../../suite/expectations.ts";
import type { Ledger } from "./ledger.ts";
import { describeStep, performStep, type Step } from "./step.ts";

/** Saves a thread. Nothing that a crash has left may prevent it. */
export async function saveNow(store: ThreadStore, ledger: Ledger): Promise<void> {
  const [latest] = ledger.threads;
  const thread = latest?.thread ?? { id: "a" };
  const previous = ledger.versionOf(thread);
  const step: Step = { number: ledger.nextNumber, thread, action: "overwrite", size: 500, previous };
  await performAndRecord(step, store, ledger);
}

/** Performs a step in this process and records it in the ledger. Rejects with the store's error. */
export async function performAndRecord(step: Step, store: ThreadStore, ledger: Ledger): Promise<void> {
  ledger.record({ type: "started", step });
  const outcome = await outcomeOf(() => performStep(step, store));
  const { number } = step;
  if (outcome.state === "resolved") return ledger.record({ type: "done", number, version: outcome.value });
  const { error } = outcome;
  const code = ThreadStoreError.is(error) ? { code: error.code } : {};
  const operation = describeStep(step);
  ledger.record({ type: "failed", number, operation, error: describeError(error), ...code });
  throw error;
}
