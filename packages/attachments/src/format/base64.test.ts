import { describe, expect, it } from "vitest";
import { isBase64 } from "./base64.ts";

const payload = Buffer.from("the bytes of one image").toString("base64");

describe("isBase64", () => {
  it.each([
    ["canonical base64", payload],
    ["base64 that needs no padding", "AAAA"],
    ["a data URI", `data:image/png;base64,${payload}`],
    ["a data URI with parameters", `data:text/plain;charset=utf-8;base64,${payload}`],
    ["a data URI without a type", `data:;base64,${payload}`],
    ["a data URI in upper case", `DATA:image/png;BASE64,${payload}`],
    ["an unpadded base64url data URI", "data:image/png;base64,_-8"],
    ["an empty data URI", "data:image/png;base64,"],
  ])("accepts %s", (_description, text) => {
    expect(isBase64(text)).toBe(true);
  });

  it.each([
    ["an empty string", ""],
    ["prose", "The bytes of one image."],
    ["base64 without its padding", payload.replace(/=+$/u, "")],
    ["base64 with line breaks", `${payload}\r\n`],
    ["base64 with padding in the middle", "AA==AAAA"],
    ["only padding", "===="],
    ["a URL", "https://example.com/image.png"],
    ["a percent-encoded data URI", "data:text/plain,hello%20world"],
    ["a data URI that mentions base64 in a parameter", `data:text/plain;charset=";base64",${payload} `],
    ["a data URI followed by other characters", `data:image/png;base64,${payload} and more`],
    ["a data URI without content", "data:image/png;base64"],
  ])("rejects %s", (_description, text) => {
    expect(isBase64(text)).toBe(false);
  });

  it("checks 64 MiB to the last character", () => {
    const long = "A".repeat(64 * 1024 * 1024);
    expect(isBase64(long)).toBe(true);
    expect(isBase64(`${long.slice(0, -1)}.`)).toBe(false);
    expect(isBase64(`data:image/png;base64,${long}`)).toBe(true);
  });
});
