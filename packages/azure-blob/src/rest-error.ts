import { errorWithout, isError } from "@threadstore/core/driver";

/** Returns whether the service answered with one of these error codes. */
export function hasErrorCode(error: unknown, ...errorCodes: readonly string[]): boolean {
  const response = responseOf(error);
  return response !== undefined && errorCodes.includes(response.errorCode);
}

/** A response of the service with an error status. */
export interface ErrorResponse {
  readonly status: number;
  readonly errorCode: string;
  readonly header: (name: string) => string | undefined;
}

export function responseOf(error: unknown): ErrorResponse | undefined {
  if (!isRestError(error) || error.response === undefined) return undefined;
  const { status, headers } = error.response;
  const header = (name: string): string | undefined => headers.get(name);
  // Responses without a body, such as those to HEAD, have the code only in a header.
  return { status, errorCode: header("x-ms-error-code") ?? error.code ?? "", header };
}

/** An error of the SDK's HTTP pipeline. Without a `response`, the request or the response was lost. */
interface RestErrorLike extends Error {
  readonly code?: string;
  readonly response?: {
    readonly status: number;
    readonly headers: { get(name: string): string | undefined };
  };
}

export function isRestError(error: unknown): error is RestErrorLike {
  // By name, because each package of the SDK may bring its own copy of the class.
  return isError(error) && error.name === "RestError";
}

/**
 * Returns an error of the SDK's HTTP pipeline without the request, whose body is the content of a thread, and whose
 * headers and URL contain a token, a signature or a SAS. Of the response, keeps the status and the headers.
 */
export function withoutRequest(error: unknown): unknown {
  if (!isRestError(error)) return error;
  const copy = errorWithout(error, "request", "response");
  if (error.response === undefined) return copy;
  const { status, headers } = error.response;
  return Object.assign(copy, { response: { status, headers } });
}
