/**
 * A result, or a promise of it if the caller has to wait. Core only awaits promises: if a driver returns a result
 * synchronously, the call needs no timer and no signal, and only creates the promise that the caller gets.
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
