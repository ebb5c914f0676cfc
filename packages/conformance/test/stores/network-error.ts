import { DriverError, networkFailureOf } from "@threadstore/core/driver";

/** Returns the `DriverError` for a failed connection, and every other error unchanged. */
export function asNetworkError(error: unknown): unknown {
  const failure = networkFailureOf(error);
  if (failure === undefined) return error;
  const effect = failure === "connection-lost" ? "unknown" : "none";
  return new DriverError("UNAVAILABLE", "The server cannot be reached.", { effect, cause: error });
}

/** Returns whether the connection was lost, so that a request may have taken effect without a response. */
export function isConnectionLost(error: unknown): boolean {
  return DriverError.is(error) && networkFailureOf(error.cause) === "connection-lost";
}
