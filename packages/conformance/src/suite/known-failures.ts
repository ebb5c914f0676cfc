import { AssertionError } from "node:assert";
import type { ConformanceCase } from "./conformance-case.ts";
import type { Harness, KnownFailure } from "./harness.ts";

const DAY = /^\d{4}-\d{2}-\d{2}$/u;

/** A known failure, and whether its day `until` has come. */
export interface DatedFailure extends KnownFailure {
  readonly hasExpired: boolean;
}

/** Returns the known failures by case. Throws `TypeError` for an unknown case, a missing reason or a bad day. */
export function knownFailuresOf(
  harness: Harness,
  cases: readonly ConformanceCase[],
): Map<string, DatedFailure> {
  const today = new Date().toISOString().slice(0, 10);
  const ids = new Set(cases.map(({ id }) => id));
  const byCase = new Map<string, DatedFailure>();
  for (const knownFailure of harness.knownFailures ?? []) {
    const { case: id, reason, until } = knownFailure;
    if (!ids.has(id)) throw new TypeError(`A known failure refers to unknown case ${JSON.stringify(id)}.`);
    if (reason.trim() === "") throw new TypeError(`The known failure ${id} has no reason.`);
    if (!DAY.test(until))
      throw new TypeError(
        `\`until\` of the known failure ${id} must be a day such as 2027-01-31, not ${until}.`,
      );
    byCase.set(id, { ...knownFailure, hasExpired: today >= until });
  }
  return byCase;
}

/** Runs a case that must fail as its known failure says, or pass if that has expired. */
export async function runDespite(knownFailure: DatedFailure, run: () => Promise<void>): Promise<void> {
  const { case: id, reason, until, hasExpired } = knownFailure;
  try {
    await run();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (hasExpired)
      throw failure(`The known failure ${id} expired on ${until} (${reason}). ${message}`, error);
    if (matches(knownFailure, message)) return;
    throw failure(
      `${id} fails in another way than its known failure, whose \`message\` is ${String(knownFailure.message)}. ${message}`,
      error,
    );
  }
  if (!hasExpired) throw failure(`${id} is a known failure, but it passes. Remove the known failure.`);
}

function matches({ message: expected = "" }: KnownFailure, message: string): boolean {
  return typeof expected === "string" ? message.includes(expected) : message.search(expected) !== -1;
}

function failure(message: string, cause?: unknown): AssertionError {
  return Object.assign(new AssertionError({ message }), cause === undefined ? {} : { cause });
}
