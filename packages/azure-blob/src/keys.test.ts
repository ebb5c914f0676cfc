import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  blobNameOf,
  encodedPrefixesOf,
  hashedIdOf,
  idOf,
  isHashed,
  isIdAt,
  namespacePrefixOf,
} from "./keys.ts";

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
  "x".repeat(512),
  `${"x".repeat(511)}y`,
  "x".repeat(345),
  ".".repeat(512),
  "😀".repeat(128),
  `${"x".repeat(298)}é${"x".repeat(60)}`,
];
const name = fc.oneof(
  fc.constantFrom(...HOSTILE_NAMES),
  fc.string({ unit: "grapheme", minLength: 1 }).filter((text) => Buffer.byteLength(text) <= 512),
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
    "x".repeat(344),
    `${"x".repeat(298)}é${"x".repeat(170)}`,
    "x".repeat(512),
    "\u00e9".repeat(256),
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
  test("of format 1 are those in the golden file, which must never change", () => {
    const golden = readFileSync(new URL("golden/names-1.json", import.meta.url), "utf8");
    for (const [namespace, id, expectedName] of JSON.parse(golden) as [string, string, string][]) {
      expect(blobNameOf("agents/", { namespace, id })).toBe(expectedName);
      expect(idOf(expectedName.slice(namespacePrefixOf("agents/", namespace).length))).toBe(id);
    }
  });

  test("of long ids end in a hash, which the id can be checked against", () => {
    const ids = [
      "x".repeat(512),
      `${"x".repeat(511)}y`,
      "é".repeat(256),
      `${"é".repeat(255)}è`,
      "x".repeat(345),
    ];
    const encodedIds = ids.map((id) => nameOf(id).slice("~/".length));
    expect(new Set(encodedIds).size).toBe(ids.length);
    for (const [index, encodedId] of encodedIds.entries()) {
      const id = ids[index] ?? "";
      expect(isHashed(encodedId)).toBe(true);
      expect(idOf(encodedId)).toBeUndefined();
      expect(hashedIdOf({ namespace: "", id })).toBe(id);
      expect(ids.filter((each) => isIdAt(each, encodedId))).toEqual([id]);
    }
    expect(nameOf("x".repeat(512))).toMatch(/^~\/x{299}~-[\w-]{43}$/u);
    // In base64url, this id begins with a hyphen.
    for (const id of ["x".repeat(344), "é".repeat(128), "~-", "-"]) {
      expect(isHashed(nameOf(id).slice("~/".length))).toBe(false);
      expect(hashedIdOf({ namespace: "", id })).toBeUndefined();
    }
  });

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
          const encodedId = blobName.slice(namespacePrefixOf("", namespace).length);
          expect(isIdAt(id, encodedId)).toBe(true);
          expect(idOf(encodedId)).toBe(isHashed(encodedId) ? undefined : id);
          const otherName = nameOf(otherId, otherNamespace);
          expect(otherName === blobName).toBe(namespace === otherNamespace && id === otherId);
          expect(otherName.startsWith(namespacePrefixOf("", namespace))).toBe(namespace === otherNamespace);
        },
      ),
      { numRuns: 2000 },
    );
  });

  test("are within Azure's limits: short, of plain characters, and without a trailing dot in a segment", () => {
    for (const namespace of ["%25".repeat(128), "%25".repeat(512), "x".repeat(512), "x".repeat(514)]) {
      for (const id of ["😀".repeat(64), "😀".repeat(128), "x".repeat(512), "x".repeat(344)]) {
        const longest = blobNameOf(`${"p".repeat(128)}/`, { namespace, id });
        expect(longest.length).toBeLessThanOrEqual(1024);
      }
    }
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
