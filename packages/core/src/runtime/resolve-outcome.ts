import { ThreadStoreError } from "../errors.ts";
import { classifyFailure, type DriverFailure } from "./driver-failure.ts";
import { isPromise, type MaybePromise } from "./maybe-promise.ts";
import type { OperationContext } from "./operation-context.ts";
import { backOff, countLostRaces } from "./retry.ts";

/**
 * The outcome of a change whose response was lost, according to the stored record.
 *
 * - `unchanged`: the expected version is still stored. Versions are never reused, so the change was not applied.
 * - `absent`: there is no record. Either there never was one, or it was deleted after the change was applied.
 * - `superseded`: another record is stored.
 */
export type Outcome<Applied> = Applied | "unchanged" | "absent" | "superseded";

/** A conditional write or delete, and a way to find out whether it was applied. */
export interface ConditionalChange<Applied> {
  /** Sends the change. Resolves with `undefined`, having changed nothing, if the precondition failed. */
  apply(): MaybePromise<Applied | undefined>;
  /** Reads the stored record and compares it with the change. */
  readOutcome(): MaybePromise<Outcome<Applied>>;
}

/**
 * Applies a change and resolves its outcome: what was applied, or `undefined` if the precondition failed and nothing
 * was changed. If an attempt's outcome is unknown, the stored record is checked before retrying. If the record cannot
 * tell, rejects with `OUTCOME_UNKNOWN`.
 */
export function resolveOutcome<Applied extends object>(
  context: OperationContext,
  change: ConditionalChange<Applied>,
): MaybePromise<Applied | undefined> {
  let applied: MaybePromise<Applied | undefined>;
  begin(context);
  try {
    applied = change.apply();
  } catch (cause) {
    return resolveAfter(context, change, failureOf(context, cause));
  }
  if (isPromise(applied)) return resolveFirst(context, change, applied);
  context.inDoubt = false;
  return applied;
}

/** Usually one promise, because most attempts succeed. */
async function resolveFirst<Applied extends object>(
  context: OperationContext,
  change: ConditionalChange<Applied>,
  response: Promise<Applied | undefined>,
): Promise<Applied | undefined> {
  let failure: Attempt<Applied>;
  try {
    const applied = await response;
    context.inDoubt = false;
    return applied;
  } catch (cause) {
    failure = failureOf(context, cause);
  }
  return await resolveAfter(context, change, failure);
}

async function resolveAfter<Applied extends object>(
  context: OperationContext,
  change: ConditionalChange<Applied>,
  first: Attempt<Applied>,
): Promise<Applied | undefined> {
  const races = countLostRaces(context);
  let latest = first;
  let inDoubt = false;
  for (let failures = 0; ; latest = await attempt(context, change)) {
    const { applied, failure } = latest;
    if (failure === undefined && (applied !== undefined || !inDoubt)) {
      context.inDoubt = false;
      return applied;
    }
    if (failure?.effect === "not-durable") throw notDurable(failure);
    inDoubt ||= failure?.effect === "unknown";
    context.inDoubt = inDoubt;
    if (inDoubt) {
      const outcome = await readOutcome(change, failure);
      if (typeof outcome === "object") return outcome;
      if (outcome !== "unchanged") throw unresolved(outcome, failure);
    }
    if (failure === undefined) {
      await races.next(true).catch((error: unknown) => {
        throw ThreadStoreError.is(error) ? outcomeUnknown(undefined, error) : error;
      });
      continue;
    }
    failures += 1;
    await backOff(context, failure, failures).catch((error: unknown) => {
      // A request without a response may still be on its way.
      throw inDoubt && failure.error.retryable ? outcomeUnknown(failure) : error;
    });
  }
}

interface Attempt<Applied> {
  readonly applied?: Applied | undefined;
  readonly failure?: DriverFailure;
}

async function attempt<Applied>(
  context: OperationContext,
  change: ConditionalChange<Applied>,
): Promise<Attempt<Applied>> {
  begin(context);
  try {
    return { applied: await change.apply() };
  } catch (cause) {
    return failureOf(context, cause);
  }
}

function begin(context: OperationContext): void {
  context.signal.throwIfAborted();
  context.requests += 1;
  context.inDoubt = true;
}

function failureOf<Applied>({ signal }: OperationContext, cause: unknown): Attempt<Applied> {
  signal.throwIfAborted();
  return { failure: classifyFailure(cause) };
}

async function readOutcome<Applied>(
  change: ConditionalChange<Applied>,
  failure: DriverFailure | undefined,
): Promise<Outcome<Applied>> {
  try {
    return await change.readOutcome();
  } catch (error) {
    throw ThreadStoreError.is(error) ? outcomeUnknown(failure, error) : error;
  }
}

function unresolved(outcome: "absent" | "superseded", failure: DriverFailure | undefined): ThreadStoreError {
  // With no record stored, an error that names a permanent problem is more useful than OUTCOME_UNKNOWN.
  if (outcome === "absent" && failure !== undefined && !failure.error.retryable) return failure.error;
  return outcomeUnknown(failure);
}

/** Not resolved by reading the record, which would find the change and report it as successful. */
function notDurable({ error }: DriverFailure): ThreadStoreError {
  return new ThreadStoreError(
    "OUTCOME_UNKNOWN",
    "The change was applied but could not be made durable, so a crash may undo it. " +
      `Load the thread before you decide whether to repeat the call. ${error.message}`,
    { cause: error.cause },
  );
}

function outcomeUnknown(
  failure: DriverFailure | undefined,
  cause: unknown = failure?.error.cause,
): ThreadStoreError {
  return new ThreadStoreError(
    "OUTCOME_UNKNOWN",
    "The response was lost, and it is unknown whether the write was applied. " +
      "Load the thread before you decide whether to repeat the call.",
    { cause },
  );
}
