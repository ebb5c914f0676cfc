import { errorWithout, isError } from "@threadstore/core/driver";

/** Returns the HTTP status of the response that the SDK's error stands for; `undefined` if there was none. */
export function statusOf(error: unknown): number | undefined {
  const { httpStatusCode } = metadataOf(error);
  return typeof httpStatusCode === "number" ? httpStatusCode : undefined;
}

/** Returns whether the SDK has adjusted its clock because of this error. */
export function isClockCorrected(error: unknown): boolean {
  return metadataOf(error).clockSkewCorrected === true;
}

export function responseHeaderOf(error: unknown, name: string): string | undefined {
  const response = isError(error) && "$response" in error ? error.$response : undefined;
  const { headers } = (response ?? {}) as { headers?: Readonly<Record<string, string>> };
  return headers?.[name];
}

/**
 * Returns the SDK's error without the response, which leads to the request, whose headers contain a session token and a
 * signature. The status and the request id are in `$metadata`.
 */
export function withoutRequest(error: unknown): unknown {
  return isError(error) && "$response" in error ? errorWithout(error, "$response") : error;
}

/** Returns whether the object does not exist. By its code, because the status of a missing bucket is 404 too. */
export function isMissingObject(error: unknown): boolean {
  return isError(error) && error.name === "NoSuchKey";
}

/** Returns whether the condition of a write or delete was false. */
export function isPreconditionFailure(error: unknown): boolean {
  // AWS responds with 404 if `If-Match` is set and the object does not exist.
  return statusOf(error) === 412 || isMissingObject(error);
}

function metadataOf(error: unknown): { httpStatusCode?: unknown; clockSkewCorrected?: unknown } {
  const metadata = isError(error) && "$metadata" in error ? error.$metadata : undefined;
  return typeof metadata === "object" && metadata !== null ? metadata : {};
}
