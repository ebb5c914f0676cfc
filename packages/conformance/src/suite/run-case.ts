import { AssertionError } from "node:assert";
import { afterEffectiveTime } from "../utilities/effective-time.ts";
import { contextFor, type OwnedContext } from "./case-context.ts";
import type { ConformanceCase } from "./conformance-case.ts";
import { describeError, failureMessage } from "./expectations.ts";
import type { Harness, Power } from "./harness.ts";
import { suiteSettings, type SuiteSettings } from "./settings.ts";

/** The effective time for closing stores and destroying a place, in addition to the case's own limit. */
const CLEARING_UP_MS = 30_000;

/** The runner counts wall time. Its limit must not expire before the case's own, even on a very busy machine. */
const RUNNER_FACTOR = 20;

/** Runs one case within its time and clears up. Rejects with what was wrong. */
export async function runCase(
  harness: Harness,
  conformanceCase: ConformanceCase,
  settings: SuiteSettings = suiteSettings(),
): Promise<void> {
  const controller = new AbortController();
  const context = contextFor(harness, conformanceCase.id, { signal: controller.signal, settings });
  const timeoutMs = caseTimeoutMs(harness, conformanceCase);
  try {
    await within(timeoutMs, () => conformanceCase.run(context), `it did not end within ${timeoutMs} ms`);
  } catch (error) {
    controller.abort(error);
    throw await failureAfterEnd(harness, context, asBrokenPromise(conformanceCase, error));
  }
  controller.abort();
  await endInTime(harness, context);
}

/** Returns a limit for the test runner, in milliseconds. It catches only a case whose own limit does not work. */
export function runnerTimeoutMs(harness: Harness, conformanceCase: ConformanceCase): number {
  return RUNNER_FACTOR * (caseTimeoutMs(harness, conformanceCase) + CLEARING_UP_MS * factorOf(harness));
}

/** What the harness would have to be able to do for the case, and is not. */
export function missingPowers(harness: Harness, { powers }: ConformanceCase): Power[] {
  return powers.filter((power) => harness[power] === undefined);
}

/** What a case threw, in the words of expectations: a call that was to succeed rejected, or time ran out. */
function asBrokenPromise({ title }: ConformanceCase, error: unknown): Error {
  if (error instanceof AssertionError) return error;
  const failure = new AssertionError({ message: failureMessage(title, describeError(error)) });
  failure.cause = error;
  return failure;
}

/** The failure of the case comes first; that of clearing up is told with it, not instead of it. */
async function failureAfterEnd(harness: Harness, context: OwnedContext, failure: Error): Promise<Error> {
  try {
    await endInTime(harness, context);
  } catch (error) {
    failure.message += ` (And then: ${String(error)})`;
  }
  return failure;
}

function endInTime(harness: Harness, context: OwnedContext): Promise<void> {
  const timeoutMs = CLEARING_UP_MS * factorOf(harness);
  return within(
    timeoutMs,
    () => context.end(),
    `Closing the stores and destroying the place took over ${timeoutMs} ms.`,
  );
}

async function within(timeoutMs: number, work: () => Promise<void>, message: string): Promise<void> {
  const { promise: timeUp, reject } = Promise.withResolvers<never>();
  const cancel = afterEffectiveTime(timeoutMs, () => reject(new Error(message)));
  try {
    await Promise.race([work(), timeUp]);
  } finally {
    cancel();
  }
}

function caseTimeoutMs(harness: Harness, { timeoutMs }: ConformanceCase): number {
  return timeoutMs * factorOf(harness);
}

function factorOf({ timeoutFactor = 1 }: Harness): number {
  return timeoutFactor;
}
