import { afterEffectiveTime } from "../utilities/effective-time.ts";
import type { CaseContext } from "./conformance-case.ts";
import { broken, type Outcome, outcomeOf } from "./expectations.ts";

/** How long calls are given that a case tells to hurry. */
export const HURRY_MS = 500;

const GRACE_MS = 2000;

/** By how much a call may be later than its time: what a busy machine takes, not what a network does. */
export function graceMs({ timeoutFactor }: Pick<CaseContext, "timeoutFactor">): number {
  return GRACE_MS * Math.max(1, timeoutFactor);
}

/** Resolves with the outcome of a call, which must come within so many milliseconds of effective time. */
export async function promptly<T>(
  milliseconds: number,
  promised: string,
  call: () => Promise<T>,
): Promise<Outcome<T>> {
  const { promise: late, resolve } = Promise.withResolvers<undefined>();
  const cancel = afterEffectiveTime(milliseconds, () => resolve(undefined));
  try {
    const outcome = await Promise.race([outcomeOf(call), late]);
    return outcome ?? broken(promised, `nothing came of it in ${milliseconds} ms`);
  } finally {
    cancel();
  }
}
