import type { ThreadStore } from "@threadstore/core";
import type { CaseContext, CaseLocation } from "../../suite/conformance-case.ts";
import { promptly } from "../../suite/time-limits.ts";
import { PROMPT_RECOVERY, RECOVERY_LIMIT_MS } from "./run.ts";

/** Opens the store after a crash, which must succeed promptly, and runs the check. */
export async function verifyAfterCrash(
  location: CaseLocation,
  { timeoutFactor, close }: Pick<CaseContext, "timeoutFactor" | "close">,
  check: (store: ThreadStore) => Promise<void>,
): Promise<void> {
  const limit = RECOVERY_LIMIT_MS * timeoutFactor;
  const outcome = await promptly(limit, PROMPT_RECOVERY, () => location.open());
  if (outcome.state === "rejected") throw outcome.error;
  await check(outcome.value);
  await close(outcome.value);
}
