import { expect, it } from "vitest";
import { isNestedDeeply } from "./nesting.ts";

it.each([
  ["quotes", ">".repeat(16)],
  ["quotes with spaces", "> ".repeat(16)],
  ["lists", "- ".repeat(16)],
  ["numbered lists", "1. ".repeat(16)],
  ["a mixture, in a later line", `Hello\n  ${"> * 2) +\t".repeat(4)}x`],
])("%s in one another are deep", (_, text) => {
  expect(isNestedDeeply(text)).toBe(true);
});

it.each([
  ["a few quotes", "> > > a"],
  ["a list of many items", "- a\n".repeat(100)],
  ["a line of dashes", "-".repeat(100)],
  ["a line of stars", "*".repeat(100)],
  ["digits", "1".repeat(5000)],
  ["spaces", " ".repeat(5000)],
  ["markers within a line", `a ${"> ".repeat(100)}`],
])("%s are not", (_, text) => {
  expect(isNestedDeeply(text)).toBe(false);
});
