import type { CaseContext } from "../suite/conformance-case.ts";

/** How long calls are given that a case tells to hurry. */
export const HURRY_MS = 500;

const GRACE_MS = 2000;

/** By how much a call may be later than its time: what a busy machine takes, not what a network does. */
export function graceMs({ timeoutFactor }: Pick<CaseContext, "timeoutFactor">): number {
  return GRACE_MS * Math.max(1, timeoutFactor);
}
