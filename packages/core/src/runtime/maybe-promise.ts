/**
 * A result, or a promise of it if the caller has to wait. Core awaits only promises: a driver that has its result at once
 * returns it as it is, and the call then creates no timer, no signal and only the promise that the caller gets.
 */
export type MaybePromise<Result> = Result | Promise<Result>;

/** Returns whether a result must be awaited. Not checked with `instanceof`, because realms have their own classes. */
export function isPromise<Result>(result: MaybePromise<Result>): result is Promise<Result> {
  return (
    typeof result === "object" && result !== null && "then" in result && typeof result.then === "function"
  );
}

/** Passes a result on to `next`: at once, unless it must be awaited. */
export function andThen<Result, Next>(
  result: MaybePromise<Result>,
  next: (result: Result) => MaybePromise<Next>,
): MaybePromise<Next> {
  return isPromise(result) ? afterwards(result, next) : next(result);
}

// Not with `then`, because only `await` keeps the callers in the stack of an error.
async function afterwards<Result, Next>(
  result: Promise<Result>,
  next: (result: Result) => MaybePromise<Next>,
): Promise<Next> {
  return next(await result);
}
