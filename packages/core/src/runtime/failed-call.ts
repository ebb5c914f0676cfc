import { ThreadStoreError } from "../errors.ts";
import { captureCallerStack } from "./caller-stack.ts";
import type { CallDiagnostics } from "./diagnostics.ts";

/** Notes the outcome of a call that failed, and returns its error. */
export function failedCall(
  error: unknown,
  diagnostics: CallDiagnostics,
  signal: AbortSignal | undefined,
): unknown {
  const unexpected = signal?.aborted === true ? "ABORTED" : "FAILED";
  diagnostics.outcome = ThreadStoreError.is(error) ? error.code : unexpected;
  return ThreadStoreError.is(error) ? addContext(error, diagnostics) : error;
}

/**
 * Adds the call to an error that does not name one, and makes its stack show the caller's line. The error stays the
 * same object. The stack of its cause shows where the backend failed.
 */
function addContext(error: ThreadStoreError, diagnostics: CallDiagnostics): ThreadStoreError {
  captureCallerStack(error, addContext);
  if (error.operation !== undefined) return error;
  const { operation, id } = diagnostics;
  const { store = diagnostics.store, namespace = diagnostics.namespace } = error;
  return Object.assign(error, { operation, store, namespace, id });
}
