import { describe, expect, it } from "vitest";
import { isBase64 } from "./base64.ts";

const payload = Buffer.from("an image, as it were").toString("base64");

describe("isBase64", () => {
  it.each([
    ["canonical base64", payload],
    ["without padding where none is needed", "AAAA"],
    ["a data URI", `data:image/png;base64,${payload}`],
    ["a data URI with parameters", `data:text/plain;charset=utf-8;base64,${payload}`],
    ["a data URI without a type", `data:;base64,${payload}`],
    ["a data URI in capitals", `DATA:image/png;BASE64,${payload}`],
    ["a data URI in the alphabet for URLs, without padding", "data:image/png;base64,_-8"],
    ["a data URI of nothing", "data:image/png;base64,"],
  ])("takes %s", (_what, text) => {
    expect(isBase64(text)).toBe(true);
  });

  it.each([
    ["nothing", ""],
    ["prose", "An image, as it were."],
    ["base64 whose padding is missing", payload.replace(/=+$/u, "")],
    ["base64 in lines", `${payload}\r\n`],
    ["padding in the middle", "AA==AAAA"],
    ["padding only", "===="],
    ["a URL", "https://example.com/image.png"],
    ["a data URI in percent encoding", "data:text/plain,hello%20world"],
    ["a data URI that says so elsewhere", `data:text/plain;charset=";base64",${payload} `],
    ["a data URI with other characters behind", `data:image/png;base64,${payload} and more`],
    ["a data URI without content", "data:image/png;base64"],
  ])("leaves %s", (_what, text) => {
    expect(isBase64(text)).toBe(false);
  });

  it("takes 64 MiB, and leaves them for one wrong character at the end", () => {
    const long = "A".repeat(64 * 1024 * 1024);
    expect(isBase64(long)).toBe(true);
    expect(isBase64(`${long.slice(0, -1)}.`)).toBe(false);
    expect(isBase64(`data:image/png;base64,${long}`)).toBe(true);
  });
});
