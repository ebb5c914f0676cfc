import type { ThreadStore } from "@threadstore/core";
import type { Ledger } from "./ledger.ts";
import { type Step, take } from "./step.ts";

/** Saves a thread, which nothing that a crash left may keep it from. */
export async function saveNow(store: ThreadStore, ledger: Ledger): Promise<void> {
  const [found] = ledger.threads;
  const thread = found?.thread ?? { id: "a" };
  const step: Step = { number: ledger.nextNumber, thread, action: "overwrite", size: 500, after: null };
  ledger.note({ type: "begun", step });
  ledger.note({ type: "done", number: step.number, version: await take(step, store) });
}
