import type { ThreadStore } from "@threadstore/core";
import type { CaseContext, CasePlace } from "../../suite/conformance-case.ts";
import { promptly } from "../../suite/time-limits.ts";
import { AT_ONCE_MS, promisedProgress } from "./run.ts";

/** Opens the place after a crash, which has to succeed at once, and looks. */
export async function lookAfter(
  place: CasePlace,
  { timeoutFactor, close }: Pick<CaseContext, "timeoutFactor" | "close">,
  look: (store: ThreadStore) => Promise<void>,
): Promise<void> {
  const outcome = await promptly(AT_ONCE_MS * timeoutFactor, promisedProgress, () => place.open());
  if (outcome.state === "rejected") throw outcome.error;
  await look(outcome.value);
  await close(outcome.value);
}
