import type { CallOptions } from "../thread-store.ts";
import { invalidArgument } from "./invalid-argument.ts";
import { isTimeout, TIMEOUT_MAX_MS } from "./store-options.ts";

/** Throws `INVALID_ARGUMENT` for what is wrong with the options that every call has. */
export function checkCallOptions(options: CallOptions): void {
  if (typeof options !== "object" || options === null) {
    throw invalidArgument("Options are an object.");
  }
  const { signal, timeoutMs } = options;
  if (timeoutMs !== undefined && !isTimeout(timeoutMs)) {
    throw invalidArgument(`timeoutMs is a number of milliseconds from 1 to ${TIMEOUT_MAX_MS}.`);
  }
  // Not by instanceof: test runners and polyfills have classes of their own.
  if (signal !== undefined && (typeof signal !== "object" || !("aborted" in signal))) {
    throw invalidArgument("signal is an AbortSignal.");
  }
}
