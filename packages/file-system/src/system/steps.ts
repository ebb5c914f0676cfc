import { isPromise, type MaybePromise } from "@threadstore/core/driver";

// Calls run synchronously as long as nothing has to wait: without promises, core needs no timer either. These functions
// do what `await`, `catch` and `using` do in an async function. Those other than `steps` are for the short functions on
// the path of every save, where a generator takes as long as all else.

/** The steps of a call. Yields the promises that it has to wait for. */
type Steps<Result> = Generator<Promise<unknown>, Result, unknown>;

/**
 * Runs the steps of a call, which read like an async function with `yield* wait(…)` instead of `await`. Returns a
 * promise from the first step that waits, and otherwise the result.
 */
export function steps<Result>(run: () => Steps<Result>): MaybePromise<Result> {
  const generator = run();
  const { done, value } = generator.next();
  return done === true ? value : resumeAfter(generator, value);
}

/** Returns a result within {@link steps}, after waiting if it is a promise. */
export function* wait<Result>(result: MaybePromise<Result>): Steps<Result> {
  return isPromise(result) ? ((yield result) as Result) : result;
}

/** Runs `work`, and then `onError` with the error if it throws or rejects. */
export function catching<Result>(
  work: () => MaybePromise<Result>,
  onError: (error: unknown) => MaybePromise<Result>,
): MaybePromise<Result> {
  let result: MaybePromise<Result>;
  try {
    result = work();
  } catch (error) {
    return onError(error);
  }
  return isPromise(result) ? catchingLater(result, onError) : result;
}

/** Runs `work`, and then `onSettled`, whether it succeeded or failed. */
export function settling<Result>(
  work: () => MaybePromise<Result>,
  onSettled: () => void,
): MaybePromise<Result> {
  let result: MaybePromise<Result>;
  try {
    result = work();
  } catch (error) {
    onSettled();
    throw error;
  }
  if (isPromise(result)) return settlingLater(result, onSettled);
  onSettled();
  return result;
}

/** Runs `work` with a resource, and closes that afterwards. */
export function closing<Resource extends Disposable, Result>(
  resource: Resource,
  work: (resource: Resource) => MaybePromise<Result>,
): MaybePromise<Result> {
  return settling(
    () => work(resource),
    () => resource[Symbol.dispose](),
  );
}

async function resumeAfter<Result>(generator: Steps<Result>, first: Promise<unknown>): Promise<Result> {
  for (let pending = first; ;) {
    const settled = await settlementOf(pending);
    const { done, value } =
      "error" in settled ? generator.throw(settled.error) : generator.next(settled.result);
    if (done === true) return value;
    pending = value;
  }
}

async function settlementOf(pending: Promise<unknown>): Promise<{ result: unknown } | { error: unknown }> {
  try {
    return { result: await pending };
  } catch (error) {
    return { error };
  }
}

async function catchingLater<Result>(
  result: Promise<Result>,
  onError: (error: unknown) => MaybePromise<Result>,
): Promise<Result> {
  try {
    return await result;
  } catch (error) {
    return onError(error);
  }
}

async function settlingLater<Result>(result: Promise<Result>, onSettled: () => void): Promise<Result> {
  try {
    return await result;
  } finally {
    onSettled();
  }
}
