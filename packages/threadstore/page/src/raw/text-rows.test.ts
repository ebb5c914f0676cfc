import { expect, it } from "vitest";
import { findAll, rowAt, wrapText } from "./text-rows.ts";

function rowsOf(text: string, columns: number): string[] {
  return wrapText(text, columns).map(({ start, end, line }) => `${line ?? ""}:${text.slice(start, end)}`);
}

it("wraps lines, and numbers only their first rows", () => {
  expect(rowsOf("abcdef\n\ngh", 4)).toEqual(["1:abcd", ":ef", "2:", "3:gh"]);
});

it("never cuts a character in two", () => {
  expect(rowsOf("ab😀cd", 3)).toEqual(["1:ab😀", ":cd"]);
});

it("finds text without regard to case, and the row of each match", () => {
  const text = "one (a)\nTWO\ntwo";
  expect(findAll(text, "two")).toEqual([8, 12]);
  expect(findAll(text, "(a)")).toEqual([4]);
  expect(findAll(text, "")).toEqual([]);
  expect(findAll(text, "two").map((position) => rowAt(wrapText(text, 80), position))).toEqual([1, 2]);
});

it("wraps 5 MB of one line quickly enough to measure nothing", () => {
  expect(wrapText("x".repeat(5_000_000), 100)).toHaveLength(50_000);
});
