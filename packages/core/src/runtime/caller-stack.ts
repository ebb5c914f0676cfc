/** The most stack frames that a call has within this package. */
const OWN_FRAMES = 20;

/**
 * Makes the stack of an error show the caller's line. Where the error was created, that line may be too far away, or
 * not on the stack at all, as in a timer. Must run in a function that the caller awaits. The stack starts after
 * `caller`, which calls this function.
 */
export function captureCallerStack(error: Error, caller: (...parameters: never) => unknown): void {
  // Not all browsers can do it.
  if (typeof Error.captureStackTrace !== "function") return;
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = limit + OWN_FRAMES;
  Error.captureStackTrace(error, caller);
  Error.stackTraceLimit = limit;
}
