import { AssertionError } from "node:assert";
import type { ConformanceCase } from "./conformance-case.ts";
import type { Harness, KnownFailure } from "./harness.ts";

const DAY = /^\d{4}-\d{2}-\d{2}$/u;

/** Returns the known failures in force, by case. Throws `TypeError` for an unknown case, a missing reason or a bad day. */
export function knownFailuresOf(
  harness: Harness,
  cases: readonly ConformanceCase[],
): Map<string, KnownFailure> {
  const today = new Date().toISOString().slice(0, 10);
  const ids = new Set(cases.map(({ id }) => id));
  const inForce = new Map<string, KnownFailure>();
  for (const knownFailure of harness.knownFailures ?? []) {
    const { case: id, reason, until } = knownFailure;
    if (!ids.has(id)) throw new TypeError(`A known failure refers to unknown case ${JSON.stringify(id)}.`);
    if (reason.trim() === "") throw new TypeError(`The known failure ${id} has no reason.`);
    if (!DAY.test(until))
      throw new TypeError(
        `\`until\` of the known failure ${id} must be a day such as 2027-01-31, not ${until}.`,
      );
    if (today < until) inForce.set(id, knownFailure);
  }
  return inForce;
}

/** Runs a case that must fail. */
export async function expectFailure({ case: id }: KnownFailure, run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch {
    // The known failure. Its reason explains it.
    return;
  }
  throw new AssertionError({ message: `${id} is a known failure, but it passes. Remove the known failure.` });
}
