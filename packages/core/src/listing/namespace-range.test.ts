import { expect, it } from "vitest";
import { isNamespaceWithin, namespaceRange } from "./namespace-range.ts";

it("a namespace contains itself and what is nested in it, and no sibling", () => {
  for (const name of ["a", "a/b", "a/b/c"]) expect(isNamespaceWithin(name, "a")).toBe(true);
  for (const name of ["", "ab", "a-b", "a0", "a%2Fb", "b/a"])
    expect(isNamespaceWithin(name, "a")).toBe(false);
  for (const name of ["", "a", "a/b"]) expect(isNamespaceWithin(name, "")).toBe(true);
});

it.each([
  ["a", undefined, true],
  ["a", "a", false],
  ["a", "a/b", false],
  ["", undefined, true],
  ["", "", false],
  ["", "a", false],
])(
  "the range of a page within %j after %j has exactly the nested namespaces",
  (within, after, includesSelf) => {
    const names = [
      "",
      "\0",
      "a",
      "a b",
      "a-b",
      "a/",
      "a/\0",
      "a/b",
      "a/b\0",
      "a/b/c",
      "a/\u{10ffff}",
      "a0",
      "ab",
      "b",
      "\u{10ffff}",
    ];
    const range = namespaceRange({ within, after });
    const inRange = names.filter((name) => {
      const bytes = Buffer.from(name);
      return bytes.compare(range.first) >= 0 && bytes.compare(range.end) < 0;
    });
    const nested = names.filter(
      (name) => name !== within && isNamespaceWithin(name, within) && (after === undefined || name > after),
    );
    expect(inRange).toEqual(nested);
    expect(range.includesSelf).toBe(includesSelf);
  },
);
