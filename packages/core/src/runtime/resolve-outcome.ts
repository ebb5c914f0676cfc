import { ThreadStoreError } from "../errors.ts";
import { type Failure, failureOf } from "./driver-failure.ts";
import type { Call } from "./operation-context.ts";
import { pauseAfter } from "./retry.ts";

/**
 * What became of a change whose answer was lost. `untouched`: the version it was to replace is still there, and
 * versions never repeat, so it had no effect and can be tried again. `absent`: nothing is there, as before,
 * or because it took effect and somebody else then deleted. `superseded`: something else is there.
 */
export type Trace<Applied> = Applied | "untouched" | "absent" | "superseded";

/** A conditional write or delete, and how to see afterwards what became of it. */
export interface Change<Applied> {
  /** Tries it: what it did, or `undefined` when the condition did not hold and nothing was done. */
  apply(): Promise<Applied | undefined>;
  lookBack(): Promise<Trace<Applied>>;
}

/**
 * Carries a change through to a known outcome: what it did, or `undefined` if it lost its race, which then
 * means that it had no effect. A try whose answer was lost is looked after before the next one and never
 * repeated on a guess; where looking cannot tell, the error is `OUTCOME_UNKNOWN`.
 */
export async function settle<Applied extends object>(
  call: Call,
  change: Change<Applied>,
): Promise<Applied | undefined> {
  let doubt = false;
  for (let failed = 0; ;) {
    const { applied, failure } = await tryOnce(call, change);
    if (failure === undefined && (applied !== undefined || !doubt)) {
      call.doubtful = false;
      return applied;
    }
    if (failure?.effect === "not-durable") throw undurable(failure);
    doubt ||= failure?.effect === "unknown";
    call.doubtful = doubt;
    if (doubt) {
      const trace = await lookBack(change, failure);
      if (typeof trace === "object") return trace;
      if (trace !== "untouched") throw undecided(trace, failure);
    }
    if (failure === undefined) continue;
    failed += 1;
    await pauseAfter(call, failure, failed).catch((error: unknown) => {
      // A request that was sent and not answered may still be on its way.
      throw doubt && failure.error.retryable ? outcomeUnknown(failure) : error;
    });
  }
}

async function tryOnce<Applied>(
  call: Call,
  change: Change<Applied>,
): Promise<{ applied?: Applied | undefined; failure?: Failure }> {
  call.signal.throwIfAborted();
  call.requests += 1;
  call.doubtful = true;
  try {
    return { applied: await change.apply() };
  } catch (cause) {
    call.signal.throwIfAborted();
    return { failure: failureOf(call.driver, cause) };
  }
}

async function lookBack<Applied>(
  change: Change<Applied>,
  failure: Failure | undefined,
): Promise<Trace<Applied>> {
  try {
    return await change.lookBack();
  } catch (error) {
    throw ThreadStoreError.is(error) ? outcomeUnknown(failure, error) : error;
  }
}

function undecided(trace: "absent" | "superseded", failure: Failure | undefined): ThreadStoreError {
  // An answer that says what went wrong, with nothing there, is better than a riddle.
  if (trace === "absent" && failure !== undefined && !failure.error.retryable) return failure.error;
  return outcomeUnknown(failure);
}

/** Looking back would find the change in place, and take it for confirmed. */
function undurable({ error }: Failure): ThreadStoreError {
  return new ThreadStoreError(
    "OUTCOME_UNKNOWN",
    "The change took effect, but could not be made durable, and a crash may take it back. " +
      `Load the thread and look before you try again. ${error.message}`,
    { cause: error.cause },
  );
}

function outcomeUnknown(
  failure: Failure | undefined,
  cause: unknown = failure?.error.cause,
): ThreadStoreError {
  return new ThreadStoreError(
    "OUTCOME_UNKNOWN",
    "The answer to the change was lost, and whether it took effect cannot be told from what is there now. " +
      "Load the thread and look before you try again.",
    { cause },
  );
}
