import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { blobNameOf, encodedPrefixesOf, idOf, namespacePrefixOf } from "./keys.ts";

const HOSTILE_NAMES = [
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
  fc.constantFrom(...HOSTILE_NAMES),
  fc.string({ unit: "grapheme", minLength: 1 }).filter((text) => Buffer.byteLength(text) <= 256),
  fc.string({
    unit: fc.constantFrom("a", "b", ".", "-", "_", "~", "!", "/", "0"),
    minLength: 1,
    maxLength: 8,
  }),
);

const nameOf = (id: string, namespace = ""): string => blobNameOf("", { namespace, id });

test("the name of an id begins with one of the encoded prefixes of each prefix of the id, in the order of the names", () => {
  const long = "\u00e9".repeat(128);
  for (const id of [
    "a",
    "..",
    ".",
    "a/b!*",
    "\u00e9\u{1f9f5}",
    "x".repeat(256),
    `${"x".repeat(200)}.`,
    long,
  ]) {
    for (const [index] of Array.from(id).entries()) {
      const idPrefix = Array.from(id)
        .slice(0, index + 1)
        .join("");
      const encoded = encodedPrefixesOf(idPrefix);
      expect(encoded).toEqual(encoded.toSorted());
      const encodedId = nameOf(id).slice(namespacePrefixOf("", "").length);
      expect(encoded.filter((each) => encodedId.startsWith(each))).toHaveLength(1);
    }
  }
  expect(encodedPrefixesOf("")).toEqual([""]);
  // All base64 characters that the prefix determines, so that a page does not read the names of many other ids.
  expect(encodedPrefixesOf("\u00e9")).toEqual(["~c3~a9", "~~w6"]);
});

describe("blob names", () => {
  test("are readable for ordinary ids", () => {
    expect(nameOf("support-4711")).toBe("~/support-4711");
    expect(blobNameOf("agents/", { namespace: "tenant/a", id: "a b." })).toBe("agents/tenant~2fa/a~20b.!");
    expect(nameOf("😀".repeat(64))).toMatch(/^~\/~~[0-9A-Za-z_-]{342}$/u);
  });

  test("are unique to a thread, and decode to its id", () => {
    fc.assert(
      fc.property(
        fc.tuple(name, name),
        fc.tuple(name, name),
        ([namespace, id], [otherNamespace, otherId]) => {
          const blobName = nameOf(id, namespace);
          expect(idOf(blobName.slice(namespacePrefixOf("", namespace).length))).toBe(id);
          const otherName = nameOf(otherId, otherNamespace);
          expect(otherName === blobName).toBe(namespace === otherNamespace && id === otherId);
          expect(otherName.startsWith(namespacePrefixOf("", namespace))).toBe(namespace === otherNamespace);
        },
      ),
      { numRuns: 2000 },
    );
  });

  test("are within Azure's limits: short, of plain characters, and without a trailing dot in a segment", () => {
    const longest = blobNameOf(`${"p".repeat(128)}/`, { namespace: "%25".repeat(128), id: "😀".repeat(64) });
    expect(longest.length).toBeLessThanOrEqual(1024);
    fc.assert(
      fc.property(name, name, (namespace, id) => {
        expect(nameOf(id, namespace)).toMatch(/^(?:[0-9A-Za-z._~!-]*[^./]\/)[0-9A-Za-z._~!-]*[^./]$/u);
      }),
    );
  });

  test("sort like their ids if these are of ordinary characters", () => {
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
    "%j is not an encoded id",
    (encodedId) => {
      expect(idOf(encodedId)).toBeUndefined();
    },
  );
});
