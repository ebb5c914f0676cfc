import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { blobNameOf, folderOf, idOf } from "./names.ts";

const hostile = [
  ".",
  "..",
  "...",
  "a.",
  "a..",
  "a.!",
  "a!",
  "a/b",
  "a\\b",
  "a//b",
  "/",
  "~",
  "~~",
  "~2e",
  "~7E",
  "%2F",
  "a%2fb",
  "CON",
  "a b",
  " ",
  "\u0000",
  "ä",
  "a\u0308",
  "😀",
  "?x=1#f",
  "x".repeat(256),
  ".".repeat(256),
  "😀".repeat(64),
];
const name = fc.oneof(
  fc.constantFrom(...hostile),
  fc.string({ unit: "grapheme", minLength: 1 }).filter((text) => Buffer.byteLength(text) <= 256),
  fc.string({
    unit: fc.constantFrom("a", "b", ".", "-", "_", "~", "!", "/", "0"),
    minLength: 1,
    maxLength: 8,
  }),
);

const nameOf = (id: string, namespace = ""): string => blobNameOf("", { namespace, id });

describe("names", () => {
  test("of a few ids, as they are stored", () => {
    expect(nameOf("support-4711")).toBe("~/support-4711");
    expect(blobNameOf("agents/", { namespace: "tenant/a", id: "a b." })).toBe("agents/tenant~2fa/a~20b.!");
    expect(nameOf("😀".repeat(64))).toMatch(/^~\/~~[0-9A-Za-z_-]{342}$/u);
  });

  test("of different threads differ, and lead back to their ids", () => {
    fc.assert(
      fc.property(fc.tuple(name, name), fc.tuple(name, name), ([space, id], [otherSpace, otherId]) => {
        const found = nameOf(id, space);
        expect(idOf(found.slice(folderOf("", space).length))).toBe(id);
        const other = nameOf(otherId, otherSpace);
        expect(other === found).toBe(space === otherSpace && id === otherId);
        expect(other.startsWith(folderOf("", space))).toBe(space === otherSpace);
      }),
      { numRuns: 2000 },
    );
  });

  test("are ones that Azure takes: short enough, in plain characters, no segment ending with a dot", () => {
    const longest = blobNameOf(`${"p".repeat(128)}/`, { namespace: "%25".repeat(128), id: "😀".repeat(64) });
    expect(longest.length).toBeLessThanOrEqual(1024);
    fc.assert(
      fc.property(name, name, (space, id) => {
        expect(nameOf(id, space)).toMatch(/^(?:[0-9A-Za-z._~!-]*[^./]\/)[0-9A-Za-z._~!-]*[^./]$/u);
      }),
    );
  });

  test("are in the order of ids of ordinary letters", () => {
    const ordinary = fc.string({
      unit: fc.constantFrom("a", "B", "0", ".", "_", "-"),
      minLength: 1,
      maxLength: 6,
    });
    fc.assert(
      fc.property(ordinary, ordinary, (a, b) => {
        expect(nameOf(a) < nameOf(b)).toBe(a < b);
      }),
      { numRuns: 2000 },
    );
  });

  test.each(["a b", "a/b", "~2E", "~2", "~41", "a.", "b!", "~~YQ", "~~", "~ff", ""])(
    "%j is no name of the store's",
    (foreign) => {
      expect(idOf(foreign)).toBeUndefined();
    },
  );
});
