import type { CallOptions } from "../thread-store.ts";
import { invalidArgument } from "./invalid-argument.ts";
import { isTimeout, TIMEOUT_MAX_MS } from "./store-options.ts";

/** Throws `INVALID_ARGUMENT` unless the options that all calls share are valid. */
export function checkCallOptions(options: CallOptions): void {
  if (typeof options !== "object" || options === null) {
    throw invalidArgument("The options of a call must be an object.");
  }
  const { signal, timeoutMs } = options;
  if (timeoutMs !== undefined && !isTimeout(timeoutMs)) {
    throw invalidArgument(`\`timeoutMs\` must be a number of milliseconds from 1 to ${TIMEOUT_MAX_MS}.`);
  }
  // Not checked with `instanceof`, because test runners and polyfills have their own classes.
  if (signal !== undefined && (typeof signal !== "object" || !("aborted" in signal))) {
    throw invalidArgument("`signal` must be an AbortSignal.");
  }
}
