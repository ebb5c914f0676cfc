import { describe, expect, it } from "vitest";
import { entriesAfter, formatRecency, parseRecency, positionOf } from "./listing-order.ts";

describe("a position in a listing by recency", () => {
  it.each([
    { updatedAt: 0, id: "a" },
    { updatedAt: -5, id: " \n" },
    { updatedAt: 8_640_000_000_000_000, id: "\u{1f9f5} \0" },
  ])("survives formatting: %j", (position) => {
    expect(parseRecency(formatRecency(position))).toEqual(position);
  });

  it.each(["", "a", "5", "5 ", "x a", "1.5 a", "-a a", "1e3 a", "99999999999999999 a"])(
    "is INVALID_ARGUMENT if forged: %j",
    (after) => {
      expect(() => parseRecency(after)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
    },
  );

  it("follows later saves, and lower ids of the same time", () => {
    const entries = [
      { updatedAt: 1, id: "a" },
      { updatedAt: 2, id: "b" },
      { updatedAt: 2, id: "A" },
      { updatedAt: 3, id: "c" },
    ];
    const idsAfter = (after?: string): string[] =>
      entriesAfter(entries, { after, order: "updated" }).map(({ id }) => id);
    expect(idsAfter()).toEqual(["c", "A", "b", "a"]);
    expect(idsAfter("2 A")).toEqual(["b", "a"]);
    // The thread may have been saved or deleted since.
    expect(idsAfter("2 Z")).toEqual(["b", "a"]);
    expect(idsAfter("1 a")).toEqual([]);
  });

  it("is the id in a listing by id", () => {
    const entries = ["b", "\u{1f9f5}", "\uffff", "a"].map((id, updatedAt) => ({ id, updatedAt }));
    const sorted = entriesAfter(entries, { after: "a", order: "id" });
    expect(sorted.map((entry) => positionOf(entry, "id"))).toEqual(["b", "\uffff", "\u{1f9f5}"]);
    expect(sorted.map((entry) => positionOf(entry, "updated"))).toEqual(["0 b", "2 \uffff", "1 \u{1f9f5}"]);
  });
});
