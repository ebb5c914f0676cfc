import type { DriverErrorEffect } from "../driver-error.ts";
import type { BackendErrorCode } from "../errors.ts";
import { isError } from "../validation/is-error.ts";

/**
 * How a connection failed.
 *
 * - `host-not-found`: the name does not resolve. Nothing was sent.
 * - `unreachable`: no connection could be made. Nothing was sent.
 * - `certificate-refused`: the TLS handshake failed. Nothing was sent.
 * - `connection-lost`: the connection ended early. A request may have been applied.
 */
export type NetworkFailure = "host-not-found" | "unreachable" | "certificate-refused" | "connection-lost";

const FAILURE_BY_CODE: ReadonlyMap<string, NetworkFailure> = new Map([
  ["ENOTFOUND", "host-not-found"],
  ["EAI_AGAIN", "host-not-found"],
  ["ECONNREFUSED", "unreachable"],
  ["EHOSTUNREACH", "unreachable"],
  ["ENETUNREACH", "unreachable"],
  ["ECONNABORTED", "connection-lost"],
  ["ECONNRESET", "connection-lost"],
  ["EPIPE", "connection-lost"],
  ["ETIMEDOUT", "connection-lost"],
]);

const CERTIFICATE_CODE =
  /^(?:CERT_|CRL_|DEPTH_ZERO_|ERR_TLS_|ERROR_IN_CERT_|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH_|SELF_SIGNED_|UNABLE_TO_)/u;
// Of the TLS library's codes, only those of the handshake: the others can follow a request that was applied.
const HANDSHAKE_CODE =
  /^ERR_SSL_\w*(?:CERTIFICATE|CIPHER|HANDSHAKE|PROTOCOL|UNKNOWN_CA|UNRECOGNIZED_NAME|WRONG_VERSION_NUMBER)/u;

/** Classifies a failed connection by the `code` that Node.js gives its error; `undefined` if it is not one. */
export function networkFailureOf(error: unknown): NetworkFailure | undefined {
  if (!isError(error) || !("code" in error) || typeof error.code !== "string") return undefined;
  const { code } = error;
  const isHandshake = CERTIFICATE_CODE.test(code) || HANDSHAKE_CODE.test(code);
  return isHandshake ? "certificate-refused" : FAILURE_BY_CODE.get(code);
}

/** The meaning of an HTTP error status, for responses without a more specific error code. */
export interface HttpFailure {
  readonly code: BackendErrorCode;
  readonly effect: Extract<DriverErrorEffect, "none" | "unknown">;
}

const FAILURE_BY_STATUS: ReadonlyMap<number, HttpFailure> = new Map([
  [401, { code: "ACCESS_DENIED", effect: "none" }],
  [403, { code: "ACCESS_DENIED", effect: "none" }],
  [408, { code: "UNAVAILABLE", effect: "unknown" }],
  [413, { code: "TOO_LARGE", effect: "none" }],
  [429, { code: "UNAVAILABLE", effect: "none" }],
  [507, { code: "STORAGE_FULL", effect: "none" }],
]);

/** Classifies an HTTP error status; `undefined` if its meaning depends on the service, as for 400 or 409. */
export function httpFailureOf(status: number): HttpFailure | undefined {
  return (
    FAILURE_BY_STATUS.get(status) ?? (status >= 500 ? { code: "UNAVAILABLE", effect: "unknown" } : undefined)
  );
}

/** Returns the milliseconds that a `Retry-After` header asks for, given in seconds or as a date. */
export function retryAfterMs(header: string | undefined, now: number = Date.now()): number | undefined {
  if (header === undefined) return undefined;
  const milliseconds = /^\d+$/u.test(header) ? Number(header) * 1000 : Date.parse(header) - now;
  return milliseconds > 0 ? milliseconds : undefined;
}
