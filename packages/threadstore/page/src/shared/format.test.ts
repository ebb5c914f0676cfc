import { expect, it } from "vitest";
import { formatJson } from "./format-json.ts";
import { formatAge, formatBytes, visible, visibleName } from "./format.ts";

it.each([
  ['{"a":1,"b":[1,2],"c":{}}', '{\n  "a": 1,\n  "b": [\n    1,\n    2\n  ],\n  "c": {}\n}'],
  ["[]", "[]"],
  ['"a\\"{"', '"a\\"{"'],
  // A parser would change each of these.
  ["[1.0,12345678901234567890]", "[\n  1.0,\n  12345678901234567890\n]"],
  ['{"b":1,"a":2,"b":3}', '{\n  "b": 1,\n  "a": 2,\n  "b": 3\n}'],
  ['{ "a" : "x  y" }', '{\n  "a": "x  y"\n}'],
  ['{"a":[1', '{\n  "a": [\n    1'],
])("formats %s without parsing it", (text, expected) => {
  expect(formatJson(text)).toBe(expected);
});

it("formats JSON of any depth in a text of a similar size", () => {
  const depth = 50_000;
  const text = formatJson(`${"[".repeat(depth)}0${"]".repeat(depth)}`, 36);
  expect(text.replaceAll(/\s/gu, "")).toHaveLength(2 * depth + 1);
  expect(text.length).toBeLessThan(250 * depth);
});

it("keeps short objects and arrays on one line", () => {
  expect(formatJson('{"a":[1,{"b":"]"}],"long":"0123456789"}', 14)).toBe(
    '{\n  "a": [1, {"b": "]"}],\n  "long": "0123456789"\n}',
  );
});

it.each([
  [0, "0 B"],
  [999, "999 B"],
  [1000, "1.0 KB"],
  [15_400, "15 KB"],
  [5_000_000, "5.0 MB"],
])("formats %i bytes as %s", (bytes, expected) => {
  expect(formatBytes(bytes)).toBe(expected);
});

it.each([
  [20_000, "now"],
  [59 * 60_000, "59 min"],
  [26 * 3_600_000, "1 d"],
  [400 * 86_400_000, "26 Oct 2025"],
])("formats a time %i ms ago as %s", (age, expected) => {
  const now = Date.UTC(2026, 10, 30, 12);
  expect(formatAge(new Date(now - age).toISOString(), now)).toBe(expected);
});

it("shows characters that are invisible, or that change the order of others", () => {
  expect(visible("a\u202eb\u0000c\u200bd é 漢")).toBe(String.raw`a\u202eb\u0000c\u200bd é 漢`);
});

it("shows the beginning of a name that is too long for a line", () => {
  expect(visibleName("a\u202eb")).toBe(String.raw`a\u202eb`);
  expect(visibleName("x".repeat(3_000_000))).toBe(`${"x".repeat(300)}…`);
});
