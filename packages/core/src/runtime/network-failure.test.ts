import { describe, expect, it } from "vitest";
import { httpFailureOf, networkFailureOf, retryAfterMs } from "./network-failure.ts";

function failureOf(code: string): string | undefined {
  return networkFailureOf(Object.assign(new Error("failed"), { code }));
}

describe("networkFailureOf", () => {
  it.each([
    ["ENOTFOUND", "host-not-found"],
    ["EAI_AGAIN", "host-not-found"],
    ["ECONNREFUSED", "unreachable"],
    ["ENETUNREACH", "unreachable"],
    ["CERT_HAS_EXPIRED", "certificate-refused"],
    ["DEPTH_ZERO_SELF_SIGNED_CERT", "certificate-refused"],
    ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "certificate-refused"],
    ["ERR_TLS_CERT_ALTNAME_INVALID", "certificate-refused"],
    ["ERR_SSL_WRONG_VERSION_NUMBER", "certificate-refused"],
    ["ECONNRESET", "connection-lost"],
    ["EPIPE", "connection-lost"],
    ["ETIMEDOUT", "connection-lost"],
  ])("classifies %s as %s", (code, failure) => {
    expect(failureOf(code)).toBe(failure);
  });

  it("does not classify TLS errors that can follow an applied request", () => {
    expect(failureOf("ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC")).toBeUndefined();
  });

  it.each([[undefined], [{ code: "ECONNREFUSED" }], [new Error("ECONNREFUSED")], ["ECONNREFUSED"]])(
    "does not classify %o, which is not a coded error",
    (error) => {
      expect(networkFailureOf(error)).toBeUndefined();
    },
  );
});

describe("httpFailureOf", () => {
  it.each([
    [401, "ACCESS_DENIED", "none"],
    [403, "ACCESS_DENIED", "none"],
    [408, "UNAVAILABLE", "unknown"],
    [413, "TOO_LARGE", "none"],
    [429, "UNAVAILABLE", "none"],
    [500, "UNAVAILABLE", "unknown"],
    [503, "UNAVAILABLE", "unknown"],
    [507, "STORAGE_FULL", "none"],
  ])("classifies status %i as %s with effect %s", (status, code, effect) => {
    expect(httpFailureOf(status)).toEqual({ code, effect });
  });

  it.each([400, 404, 409, 412])("leaves status %i to the adapter", (status) => {
    expect(httpFailureOf(status)).toBeUndefined();
  });
});

describe("retryAfterMs", () => {
  const now = Date.parse("2026-01-01T00:00:00Z");

  it.each([
    ["3", 3000],
    ["Thu, 01 Jan 2026 00:00:05 GMT", 5000],
    ["Wed, 31 Dec 2025 23:59:59 GMT", undefined],
    ["0", undefined],
    ["soon", undefined],
    [undefined, undefined],
  ])("reads %o as %o ms", (header, milliseconds) => {
    expect(retryAfterMs(header, now)).toBe(milliseconds);
  });
});
