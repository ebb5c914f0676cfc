import { ThreadStoreError } from "../errors.ts";
import type { CallDiagnostics } from "../runtime/diagnostics.ts";

/**
 * Returns an error of a call to the inner store as one of the call to the decorated store: with its method, and the id that
 * the caller passed. A copy, because calls that wait for the same result get the same error.
 */
export function errorOfCall(error: ThreadStoreError, call: CallDiagnostics): ThreadStoreError {
  // The call is added to an error that names none.
  if (error.operation === undefined) return error;
  const { operation } = call;
  const { id = error.id } = call;
  if (error.operation === operation && error.id === id) return error;
  const { code, message, store, namespace, currentVersion, path } = error;
  const cause = "cause" in error ? { cause: error.cause } : {};
  const details = { operation, store, namespace, id, currentVersion, path, ...cause };
  return new ThreadStoreError(code, message, details);
}
