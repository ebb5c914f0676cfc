import { AssertionError } from "node:assert";
import { ThreadStoreError } from "@threadstore/core";
import { deferred } from "@threadstore/core/driver";
import { afterEffectiveTime } from "../utilities/effective-time.ts";
import type { Capability } from "./capability.ts";
import { contextFor, type OwnedContext } from "./case-context.ts";
import type { ConformanceCase } from "./conformance-case.ts";
import { describeError, failureMessage } from "./expectations.ts";
import type { Harness } from "./harness.ts";
import { suiteSettings, type SuiteSettings } from "./settings.ts";

/** The effective time for closing stores and destroying locations, in addition to the case's own limit. */
const CLEAN_UP_MS = 30_000;

/** The runner counts wall time. Its limit must not expire before the case's own, even on a very busy machine. */
const RUNNER_FACTOR = 20;

/** Runs one case within its time limit and cleans up. Rejects with the failure. */
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
    throw await withCleanUpFailure(harness, context, asAssertionError(conformanceCase, error));
  }
  controller.abort();
  await cleanUp(harness, context);
}

/** Returns a limit for the test runner, in milliseconds. It catches only a case whose own limit does not work. */
export function runnerTimeoutMs(harness: Harness, conformanceCase: ConformanceCase): number {
  return RUNNER_FACTOR * (caseTimeoutMs(harness, conformanceCase) + CLEAN_UP_MS * factorOf(harness));
}

/** Returns the capabilities that the case needs and the harness lacks. */
export function missingCapabilities(harness: Harness, { capabilities }: ConformanceCase): Capability[] {
  return capabilities.filter((name) => harness[name] === undefined);
}

/** The usual reason why a record is corrupt right after a save that was acknowledged. */
const HINT_FOR_CORRUPT =
  "A driver that keeps the `bytes` of a record must copy them: core writes the next record to the same memory.";

/** Words an unexpected rejection or a timeout like a failed expectation. */
function asAssertionError({ title }: ConformanceCase, error: unknown): Error {
  if (error instanceof AssertionError) return error;
  const message = failureMessage(title, describeError(error));
  const hint = ThreadStoreError.is(error, "CORRUPT") ? ` ${HINT_FOR_CORRUPT}` : "";
  const failure = new AssertionError({ message: `${message}${hint}` });
  failure.cause = error;
  return failure;
}

/** Cleans up after a failure. If that fails too, the message mentions it after the case's own failure. */
async function withCleanUpFailure(harness: Harness, context: OwnedContext, failure: Error): Promise<Error> {
  try {
    await cleanUp(harness, context);
  } catch (error) {
    failure.message += ` (Afterwards: ${String(error)})`;
  }
  return failure;
}

function cleanUp(harness: Harness, context: OwnedContext): Promise<void> {
  const timeoutMs = CLEAN_UP_MS * factorOf(harness);
  return within(
    timeoutMs,
    () => context.end(),
    `Closing the stores and destroying the locations took more than ${timeoutMs} ms.`,
  );
}

async function within(timeoutMs: number, work: () => Promise<void>, message: string): Promise<void> {
  const { promise: timeUp, reject } = deferred<never>();
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
