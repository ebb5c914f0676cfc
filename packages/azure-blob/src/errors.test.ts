import { RestError } from "@azure/storage-blob";
import { reachableText } from "@threadstore/conformance";
import { DriverError } from "@threadstore/core/driver";
import { describe, expect, test } from "vitest";
import { connectionLost, driverErrorOf, withDriverErrors, withEffect } from "./errors.ts";

const request = { url: "https://account.blob.core.windows.net/c?sig=secret", headers: new Map() };

function errorResponse(statusCode: number, code: string, headers: Record<string, string> = {}): RestError {
  const allHeaders = new Map(Object.entries({ "x-ms-error-code": code, ...headers }));
  const response = { status: statusCode, headers: { get: (name: string) => allHeaders.get(name) }, request };
  return new RestError("The message, with https://account/?sig=secret", {
    code,
    statusCode,
    request,
    response,
  } as unknown as ConstructorParameters<typeof RestError>[1]);
}

function networkError(code: string): RestError {
  return new RestError(`connect ${code}`, { code, request } as unknown as ConstructorParameters<
    typeof RestError
  >[1]);
}

function errorNamed(name: string): Error {
  return Object.assign(new Error("sig=secret"), { name });
}

describe("an error response", () => {
  test.each([
    [401, "NoAuthenticationInformation", "ACCESS_DENIED", "none"],
    [401, "InvalidAuthenticationInfo", "ACCESS_DENIED", "none"],
    [403, "AuthenticationFailed", "ACCESS_DENIED", "none"],
    [403, "AuthorizationFailure", "ACCESS_DENIED", "none"],
    [403, "AuthorizationPermissionMismatch", "ACCESS_DENIED", "none"],
    [403, "KeyBasedAuthenticationNotPermitted", "ACCESS_DENIED", "none"],
    [403, "AccountIsDisabled", "MISCONFIGURED", "none"],
    [404, "ContainerNotFound", "MISCONFIGURED", "none"],
    [404, "ResourceNotFound", "MISCONFIGURED", "none"],
    [400, "InvalidResourceName", "MISCONFIGURED", "none"],
    [400, "OutOfRangeInput", "MISCONFIGURED", "none"],
    [409, "PublicAccessNotPermitted", "MISCONFIGURED", "none"],
    [409, "BlobImmutableDueToPolicy", "MISCONFIGURED", "none"],
    [409, "BlobArchived", "MISCONFIGURED", "none"],
    [409, "ContainerBeingDeleted", "UNAVAILABLE", "none"],
    [412, "LeaseIdMissing", "UNAVAILABLE", "none"],
    [408, "RequestTimeout", "UNAVAILABLE", "unknown"],
    [413, "RequestBodyTooLarge", "TOO_LARGE", "none"],
    [429, "TooManyRequests", "UNAVAILABLE", "none"],
    [500, "InternalError", "UNAVAILABLE", "unknown"],
    [500, "OperationTimedOut", "UNAVAILABLE", "unknown"],
    [503, "ServerBusy", "UNAVAILABLE", "none"],
    [507, "InsufficientStorage", "STORAGE_FULL", "none"],
    [502, "", "UNAVAILABLE", "unknown"],
    [400, "InvalidHeaderValue", "BACKEND_ERROR", "none"],
    [418, "Teapot", "BACKEND_ERROR", "none"],
  ] as const)("%d %s becomes %s with effect %s", (status, errorCode, code, effect) => {
    const cause = errorResponse(status, errorCode);
    expect(driverErrorOf(cause)).toMatchObject({ code, effect, cause });
  });

  test("leads neither to the request, with its token and contents, nor to the URL", async () => {
    const secrets = { url: "https://host/?sig=s3cret", headers: { authorization: "t0ken" }, body: "c0ntent" };
    const response = { status: 418, headers: { get: () => undefined }, request: secrets };
    const details = { code: "Teapot", request: secrets, response } as unknown;
    const restError = new RestError("No.", details as ConstructorParameters<typeof RestError>[1]);
    expect(reachableText(restError)).toContain("c0ntent");
    for (const thrown of [
      restError,
      new RestError("No.", { ...(details as object), response: undefined } as never),
    ]) {
      const error: unknown = await withDriverErrors(() => Promise.reject(thrown)).catch(
        (caught: unknown) => caught,
      );
      expect(error).toMatchObject({ cause: { name: "RestError", message: "No.", code: "Teapot" } });
      expect(reachableText(error)).not.toMatch(/s3cret|t0ken|c0ntent/u);
    }
  });

  test("without a body is recognized by the code in its header", () => {
    const error = errorResponse(404, "REQUEST_FAILED", { "x-ms-error-code": "ContainerNotFound" });
    expect(driverErrorOf(error)?.code).toBe("MISCONFIGURED");
  });

  test.each([
    ["7", 7000, 7000],
    [new Date(Date.now() + 60_000).toUTCString(), 55_000, 60_000],
  ])("with Retry-After: %s passes the delay on", (header, minimum, maximum) => {
    const error = driverErrorOf(errorResponse(503, "ServerBusy", { "retry-after": header }));
    expect(error?.retryAfterMs).toBeGreaterThan(minimum - 1);
    expect(error?.retryAfterMs).toBeLessThanOrEqual(maximum);
  });

  test.each([{ "retry-after": "soon" }, {}])("with %j does not ask for a delay", (headers) => {
    expect(driverErrorOf(errorResponse(503, "ServerBusy", headers))).toMatchObject({
      retryAfterMs: undefined,
    });
  });
});

test.each([
  ["ECONNREFUSED", "UNAVAILABLE", "none"],
  ["ENOTFOUND", "UNAVAILABLE", "none"],
  ["EAI_AGAIN", "UNAVAILABLE", "none"],
  ["ECONNRESET", "UNAVAILABLE", "unknown"],
  ["ETIMEDOUT", "UNAVAILABLE", "unknown"],
  ["EPIPE", "UNAVAILABLE", "unknown"],
  ["REQUEST_SEND_ERROR", "UNAVAILABLE", "unknown"],
  ["ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC", "UNAVAILABLE", "unknown"],
  ["DEPTH_ZERO_SELF_SIGNED_CERT", "MISCONFIGURED", "none"],
  ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "MISCONFIGURED", "none"],
  ["UNABLE_TO_DECRYPT_CERT_SIGNATURE", "MISCONFIGURED", "none"],
  ["CERT_HAS_EXPIRED", "MISCONFIGURED", "none"],
  ["ERR_TLS_CERT_ALTNAME_INVALID", "MISCONFIGURED", "none"],
] as const)("network error %s becomes %s with effect %s", (networkCode, code, effect) => {
  const cause = networkError(networkCode);
  expect(driverErrorOf(cause)).toMatchObject({ code, effect, cause });
});

test("a response that is cut off has an unknown effect", () => {
  const cause = new Error("no code");
  expect(connectionLost(cause)).toMatchObject({ code: "UNAVAILABLE", effect: "unknown", cause });
});

test.each([
  "CredentialUnavailableError",
  "AuthenticationError",
  "AuthenticationRequiredError",
  "AggregateAuthenticationError",
])("%s becomes ACCESS_DENIED", (name) => {
  expect(driverErrorOf(errorNamed(name))).toMatchObject({ code: "ACCESS_DENIED", effect: "none" });
});

/** Returns work that fails with this error. */
function failWith(error: unknown): () => Promise<never> {
  return async () => {
    throw error;
  };
}

describe("withEffect", () => {
  test("sets the effect of recognized errors", async () => {
    const cause = networkError("ECONNRESET");
    await expect(withEffect("none", failWith(cause))).rejects.toMatchObject({ effect: "none", cause });
    const refused = errorResponse(403, "AuthorizationFailure");
    await expect(withEffect("unknown", failWith(refused))).rejects.toMatchObject({ effect: "unknown" });
  });

  test("sets the effect of a DriverError and keeps the rest", async () => {
    const error = new DriverError("UNAVAILABLE", "Later.", {
      effect: "unknown",
      retryAfterMs: 5,
      cause: "cause",
    });
    const { code, message, retryAfterMs, cause } = error;
    const rejected = { code, message, retryAfterMs, cause, effect: "none" };
    await expect(withEffect("none", failWith(error))).rejects.toMatchObject(rejected);
  });

  test("passes other errors on", async () => {
    const bug = new TypeError("a bug");
    await expect(withEffect("unknown", failWith(bug))).rejects.toBe(bug);
  });
});

test.each([[new TypeError("a bug")], ["text"], [undefined], [null], [{ statusCode: 404 }]])(
  "%s is passed on unchanged",
  async (error) => {
    await expect(withDriverErrors(failWith(error))).rejects.toBe(error);
  },
);

test("messages contain neither the original error's message nor a URL", () => {
  for (const error of [
    errorResponse(403, "AuthenticationFailed"),
    networkError("ECONNRESET"),
    errorNamed("AuthenticationError"),
  ]) {
    expect(driverErrorOf(error)?.message).not.toMatch(/sig=|https?:/u);
  }
});
