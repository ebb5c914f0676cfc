import { deferred } from "@threadstore/core/driver";
import { afterEffectiveTime } from "../utilities/effective-time.ts";
import type { CaseContext } from "./conformance-case.ts";
import { fail, type Outcome, outcomeOf } from "./expectations.ts";

/** The `timeoutMs` of calls that must time out soon. */
export const SHORT_TIMEOUT_MS = 500;

const GRACE_MS = 2000;

/** Returns by how many milliseconds a call may exceed its time limit. */
export function graceMs({ timeoutFactor }: Pick<CaseContext, "timeoutFactor">): number {
  return GRACE_MS * Math.max(1, timeoutFactor);
}

/** Resolves with the outcome of a call, which must end within so many milliseconds of effective time. */
export async function promptly<T>(
  milliseconds: number,
  expectation: string,
  call: () => Promise<T>,
): Promise<Outcome<T>> {
  const { promise: late, resolve } = deferred<undefined>();
  const cancel = afterEffectiveTime(milliseconds, () => resolve(undefined));
  try {
    const outcome = await Promise.race([outcomeOf(call), late]);
    return outcome ?? fail(expectation, `it had not ended after ${milliseconds} ms`);
  } finally {
    cancel();
  }
}
