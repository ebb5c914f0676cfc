import { expect, it } from "vitest";
import { isHardToRead } from "./markdown-limits.ts";

it.each([
  ["quotes", ">".repeat(16)],
  ["quotes with spaces", "> ".repeat(16)],
  ["lists", "- ".repeat(16)],
  ["numbered lists", "1. ".repeat(16)],
  ["a mixture, in a later line", `Hello\n  ${"> * 2) +\t".repeat(4)}x`],
])("%s in one another take too long to read", (_, text) => {
  expect(isHardToRead(text)).toBe(true);
});

it.each([
  ["emphasis that is never closed", "*a_ ".repeat(600)],
  ["emphasis of other characters", "😀*".repeat(1100)],
  ["strikethrough", "~~a~b".repeat(400)],
  ["brackets", "]".repeat(1001)],
  ["cells", "|a".repeat(301)],
  ["a late line", `${"Hello\n\n".repeat(500)}${"|".repeat(301)}`],
  ["lines", `${"- ".repeat(15)}${"a\n".repeat(2001)}`],
])("too many of %s take too long to read", (_, text) => {
  expect(isHardToRead(text)).toBe(true);
});

it.each([
  ["many paragraphs with emphasis and links", "**a** [b](c) _d_\n\n".repeat(900)],
  ["a large table", `| a | b | c |\n|---|---|---|\n${"| 1 | 2 | 3 |\n".repeat(1000)}`],
  ["code with brackets", `\`\`\`json\n${"[1, 2],\n".repeat(400)}\`\`\``],
  ["sections with rules", "a\n\n---\n\n".repeat(400)],
  ["a few quotes", "> > > a"],
  ["a list of many items", "- a\n".repeat(100)],
  ["a line of dashes", "-".repeat(100)],
  ["a line of stars", "*".repeat(100)],
  ["digits", "1".repeat(5000)],
  ["spaces", " ".repeat(5000)],
  ["markers within a line", `a ${"> ".repeat(100)}`],
])("%s are not", (_, text) => {
  expect(isHardToRead(text)).toBe(false);
});
