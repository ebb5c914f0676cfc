import { type ThreadStore, ThreadStoreError } from "@threadstore/core";
import { describeError, outcomeOf } from "../../suite/expectations.ts";
import type { Ledger } from "./ledger.ts";
import { describeStep, type Step, take } from "./step.ts";

/** Saves a thread, which nothing that a crash left may keep it from. */
export async function saveNow(store: ThreadStore, ledger: Ledger): Promise<void> {
  const [found] = ledger.threads;
  const thread = found?.thread ?? { id: "a" };
  const after = ledger.versionOf(thread);
  const step: Step = { number: ledger.nextNumber, thread, action: "overwrite", size: 500, after };
  await takeAndNote(step, store, ledger);
}

/** Takes a step in this process. Rejects as the store does. */
export async function takeAndNote(step: Step, store: ThreadStore, ledger: Ledger): Promise<void> {
  ledger.note({ type: "begun", step });
  const outcome = await outcomeOf(() => take(step, store));
  const { number } = step;
  if (outcome.state === "resolved") return ledger.note({ type: "done", number, version: outcome.value });
  const { error } = outcome;
  const code = ThreadStoreError.is(error) ? { code: error.code } : {};
  ledger.note({ type: "failed", number, doing: describeStep(step), error: describeError(error), ...code });
  throw error;
}
