import { RestError } from "@azure/storage-blob";
import { describe, expect, test } from "vitest";
import { explain } from "./explain.ts";
import { failingWith } from "./failures.ts";

const request = { url: "https://account.blob.core.windows.net/c?sig=secret", headers: new Map() };

function answered(statusCode: number, code: string, headers: Record<string, string> = {}): RestError {
  const all = new Map(Object.entries({ "x-ms-error-code": code, ...headers }));
  const response = { status: statusCode, headers: { get: (name: string) => all.get(name) }, request };
  return new RestError("The message, with https://account/?sig=secret", {
    code,
    statusCode,
    request,
    response,
  } as unknown as ConstructorParameters<typeof RestError>[1]);
}

function broken(code: string): RestError {
  return new RestError(`connect ${code}`, { code, request } as unknown as ConstructorParameters<
    typeof RestError
  >[1]);
}

function named(name: string): Error {
  return Object.assign(new Error("sig=secret"), { name });
}

describe("an answer of Azure", () => {
  test.each([
    [401, "NoAuthenticationInformation", "ACCESS_DENIED", "no"],
    [401, "InvalidAuthenticationInfo", "ACCESS_DENIED", "no"],
    [403, "AuthenticationFailed", "ACCESS_DENIED", "no"],
    [403, "AuthorizationFailure", "ACCESS_DENIED", "no"],
    [403, "AuthorizationPermissionMismatch", "ACCESS_DENIED", "no"],
    [403, "KeyBasedAuthenticationNotPermitted", "ACCESS_DENIED", "no"],
    [403, "AccountIsDisabled", "MISCONFIGURED", "no"],
    [404, "ContainerNotFound", "MISCONFIGURED", "no"],
    [404, "ResourceNotFound", "MISCONFIGURED", "no"],
    [400, "InvalidResourceName", "MISCONFIGURED", "no"],
    [400, "OutOfRangeInput", "MISCONFIGURED", "no"],
    [409, "PublicAccessNotPermitted", "MISCONFIGURED", "no"],
    [409, "BlobImmutableDueToPolicy", "MISCONFIGURED", "no"],
    [409, "BlobArchived", "MISCONFIGURED", "no"],
    [409, "ContainerBeingDeleted", "UNAVAILABLE", "no"],
    [412, "LeaseIdMissing", "UNAVAILABLE", "no"],
    [408, "RequestTimeout", "UNAVAILABLE", "unknown"],
    [413, "RequestBodyTooLarge", "TOO_LARGE", "no"],
    [429, "TooManyRequests", "UNAVAILABLE", "no"],
    [500, "InternalError", "UNAVAILABLE", "unknown"],
    [500, "OperationTimedOut", "UNAVAILABLE", "unknown"],
    [503, "ServerBusy", "UNAVAILABLE", "no"],
    [507, "InsufficientStorage", "STORAGE_FULL", "no"],
    [502, "", "UNAVAILABLE", "unknown"],
    [400, "InvalidHeaderValue", "BACKEND_ERROR", "no"],
    [418, "Teapot", "BACKEND_ERROR", "no"],
  ] as const)("%d %s is %s, applied %s", (status, code, expected, applied) => {
    expect(explain(answered(status, code))).toMatchObject({ code: expected, applied });
  });

  test("without a code in its body has it in a header", () => {
    const error = answered(404, "REQUEST_FAILED", { "x-ms-error-code": "ContainerNotFound" });
    expect(explain(error)?.code).toBe("MISCONFIGURED");
  });

  test("says how long to wait", () => {
    expect(explain(answered(503, "ServerBusy", { "retry-after": "7" }))?.retryAfterMs).toBe(7000);
    const date = new Date(Date.now() + 60_000).toUTCString();
    const { retryAfterMs = 0 } = explain(answered(503, "ServerBusy", { "retry-after": date })) ?? {};
    expect(retryAfterMs).toBeGreaterThan(55_000);
    expect(explain(answered(503, "ServerBusy", { "retry-after": "soon" }))?.retryAfterMs).toBeUndefined();
    expect(explain(answered(503, "ServerBusy"))?.retryAfterMs).toBeUndefined();
  });
});

describe("a failure on the way", () => {
  test.each([
    ["ECONNREFUSED", "UNAVAILABLE", "no"],
    ["ENOTFOUND", "UNAVAILABLE", "no"],
    ["EAI_AGAIN", "UNAVAILABLE", "no"],
    ["ECONNRESET", "UNAVAILABLE", "unknown"],
    ["ETIMEDOUT", "UNAVAILABLE", "unknown"],
    ["EPIPE", "UNAVAILABLE", "unknown"],
    ["REQUEST_SEND_ERROR", "UNAVAILABLE", "unknown"],
    ["DEPTH_ZERO_SELF_SIGNED_CERT", "MISCONFIGURED", "no"],
    ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "MISCONFIGURED", "no"],
    ["CERT_HAS_EXPIRED", "MISCONFIGURED", "no"],
    ["ERR_TLS_CERT_ALTNAME_INVALID", "MISCONFIGURED", "no"],
  ] as const)("%s is %s, applied %s", (code, expected, applied) => {
    expect(explain(broken(code))).toMatchObject({ code: expected, applied });
  });

  test("depends on what it interrupts", async () => {
    const thrown = async (
      error: Error,
      circumstance: Parameters<typeof failingWith>[0],
    ): Promise<unknown> => {
      const work = async (): Promise<never> => {
        throw error;
      };
      await expect(failingWith(circumstance, work)).rejects.toBe(error);
      return explain(error);
    };
    const reset = broken("ECONNRESET");
    expect(await thrown(new Error("no code"), "interrupted")).toMatchObject({ code: "UNAVAILABLE" });
    expect(await thrown(reset, "undecided")).toMatchObject({ code: "UNAVAILABLE", applied: "no" });
    expect(await thrown(reset, "decided")).toMatchObject({ code: "UNAVAILABLE", applied: "unknown" });
    expect(await thrown(answered(403, "AuthorizationFailure"), "decided")).toMatchObject({
      applied: "unknown",
    });
    expect(await thrown(new TypeError("a bug"), "decided")).toBeUndefined();
  });
});

test.each([
  "CredentialUnavailableError",
  "AuthenticationError",
  "AuthenticationRequiredError",
  "AggregateAuthenticationError",
])("%s is ACCESS_DENIED", (name) => {
  expect(explain(named(name))).toMatchObject({ code: "ACCESS_DENIED", applied: "no" });
});

test.each([[new TypeError("a bug")], ["text"], [undefined], [null], [{ statusCode: 404 }]])(
  "%s is not known",
  (error) => {
    expect(explain(error)).toBeUndefined();
  },
);

test("no message quotes the error or a URL", () => {
  for (const error of [
    answered(403, "AuthenticationFailed"),
    broken("ECONNRESET"),
    named("AuthenticationError"),
  ]) {
    expect(explain(error)?.message).not.toMatch(/sig=|https?:/u);
  }
});
