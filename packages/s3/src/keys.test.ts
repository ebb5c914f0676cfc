import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodedPrefixesOf, hashedIdOf, idOf, isHashed, isIdAt, keyOf, namespacePrefixOf } from "./keys.ts";

const prefix = "threadstore/";
const rootPrefix = namespacePrefixOf(prefix, "");

function key(id: string, namespace = ""): string {
  return keyOf(prefix, { namespace, id });
}

test.each([
  ["support-4711", "threadstore/!root/support-4711"],
  ["Abc_1.json", "threadstore/!root/Abc_1.json"],
  ["a/b", "threadstore/!root/a!2Fb"],
  ["é 😀", "threadstore/!root/!C3!A9!20!F0!9F!98!80"],
  ["!*'()~%", "threadstore/!root/!21!2A!27!28!29!7E!25"],
  [".", "threadstore/!root/.!"],
  ["..", "threadstore/!root/..!"],
  ["...", "threadstore/!root/..."],
  ["!root", "threadstore/!root/!21root"],
  ["x".repeat(256), `threadstore/!root/${"x".repeat(200)}!/${"x".repeat(56)}`],
  [`${"x".repeat(200)}.`, `threadstore/!root/${"x".repeat(200)}!/.!`],
])("the id %s has the key %s", (id, expectedKey) => {
  expect(key(id)).toBe(expectedKey);
  expect(idOf(expectedKey.slice(rootPrefix.length))).toBe(id);
});

test("a namespace is a folder, and the keys of other namespaces do not begin with it", () => {
  expect(namespacePrefixOf(prefix, "users")).toBe("threadstore/users/");
  expect(namespacePrefixOf(prefix, "users/eu")).toBe("threadstore/users!2Feu/");
  expect(namespacePrefixOf(prefix, "!root")).toBe("threadstore/!21root/");
  const long = "n".repeat(200);
  expect(key("id", `${long}more`).startsWith(namespacePrefixOf(prefix, long))).toBe(false);
});

test("the keys of format 1 are those in the golden file, which must never change", () => {
  const golden = readFileSync(new URL("golden/keys-1.json", import.meta.url), "utf8");
  for (const [namespace, id, expectedKey] of JSON.parse(golden) as [string, string, string][]) {
    expect(keyOf(prefix, { namespace, id })).toBe(expectedKey);
    expect(idOf(expectedKey.slice(namespacePrefixOf(prefix, namespace).length))).toBe(id);
  }
});

test("the longest names fit into a key and MinIO's segments", () => {
  for (const character of ["x", "é", "%", "/", "😀", "\u0000", "漢", "."]) {
    const times = (bytes: number): string =>
      character.repeat(Math.floor(bytes / Buffer.byteLength(character)));
    for (const [namespaceBytes, idBytes] of [
      [384, 256],
      [384, 512],
      [1536, 256],
      [1536, 512],
    ] as const) {
      const longest = keyOf(`${"p".repeat(99)}/`, { namespace: times(namespaceBytes), id: times(idBytes) });
      expect(Buffer.byteLength(longest)).toBeLessThanOrEqual(1024);
      for (const segment of longest.split("/")) expect(segment.length).toBeLessThanOrEqual(255);
    }
    expect(idOf(key(times(256)).slice(rootPrefix.length))).toBe(times(256));
  }
});

test("the key of a long id ends in a hash, which the id can be checked against", () => {
  const ids = [
    "x".repeat(512),
    `${"x".repeat(511)}y`,
    "é".repeat(256),
    `${"é".repeat(255)}è`,
    "x".repeat(385),
  ];
  const encodedIds = ids.map((id) => key(id).slice(rootPrefix.length));
  expect(new Set(encodedIds).size).toBe(ids.length);
  for (const [index, encodedId] of encodedIds.entries()) {
    const id = ids[index] ?? "";
    expect(isHashed(encodedId)).toBe(true);
    expect(idOf(encodedId)).toBeUndefined();
    expect(hashedIdOf({ namespace: "", id })).toBe(id);
    expect(ids.filter((each) => isIdAt(each, encodedId))).toEqual([id]);
  }
  expect(key(`${"x".repeat(511)}y`)).toMatch(/^threadstore\/!root\/x{200}!\/x{139}!-[\w-]{43}$/u);
  for (const id of ["x".repeat(384), "é".repeat(128), "!-", "-"]) {
    expect(isHashed(key(id).slice(rootPrefix.length))).toBe(false);
    expect(hashedIdOf({ namespace: "", id })).toBeUndefined();
  }
});

test.each(["", "!", "a!", "a/b", "a!2fb", "!C3", "!61", "a b", "!_YQ", "%2F", ".", "a!/", "\u00e9", "!root"])(
  "%j is not an encoded id",
  (encodedId) => {
    expect(idOf(encodedId)).toBeUndefined();
  },
);

test("the key of an id begins with one of the encoded prefixes of each prefix of the id, in the order of the keys", () => {
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
    `${long.slice(1)}..`,
    `${"x".repeat(338)}é${"x".repeat(170)}`,
    "x".repeat(512),
    "\u00e9".repeat(256),
    "x".repeat(384),
  ]) {
    for (const [index] of Array.from(id).entries()) {
      const idPrefix = Array.from(id)
        .slice(0, index + 1)
        .join("");
      const encoded = encodedPrefixesOf(idPrefix);
      expect(encoded).toEqual(encoded.toSorted());
      expect(encoded.filter((each) => key(id).startsWith(`${rootPrefix}${each}`))).toHaveLength(1);
    }
  }
  expect(encodedPrefixesOf("")).toEqual([""]);
  // All base64 characters that the prefix determines, so that a page does not read the names of many other ids.
  expect(encodedPrefixesOf("\u00e9")).toEqual(["!C3!A9", "!_w6"]);
});

describe("for all names", () => {
  const character = fc.oneof(
    fc.constantFrom(...Array.from("aAz09._-!%/~*'()é😀\u0000 ")),
    fc.string({ unit: "binary", minLength: 1, maxLength: 1 }),
  );
  const name = fc
    .oneof(
      fc.array(character, { minLength: 1, maxLength: 12 }).map((parts) => parts.join("")),
      fc
        .tuple(fc.integer({ min: 190, max: 512 }), fc.constantFrom("a", "..", ".", "é", "a.", "-"))
        .map(([length, tail]) => "x".repeat(length) + tail),
    )
    .filter((text) => text.isWellFormed() && Buffer.byteLength(text) <= 512);
  const SAFE_KEY = /^[0-9A-Za-z._!/-]+$/;

  test("keys have only safe characters, and can be decoded", () => {
    fc.assert(
      fc.property(name, name, (id, namespace) => {
        const threadKey = key(id, namespace);
        expect(threadKey).toMatch(SAFE_KEY);
        for (const segment of threadKey.split("/")) expect(["", ".", ".."]).not.toContain(segment);
        expect(threadKey.startsWith(namespacePrefixOf(prefix, namespace))).toBe(true);
        const encodedId = threadKey.slice(namespacePrefixOf(prefix, namespace).length);
        expect(isIdAt(id, encodedId)).toBe(true);
        expect(idOf(encodedId)).toBe(isHashed(encodedId) ? undefined : id);
      }),
      { numRuns: 2000 },
    );
  });

  test("keys are unique, and neither another key's folder nor in another namespace", () => {
    fc.assert(
      fc.property(name, name, name, name, (id, namespace, otherId, otherNamespace) => {
        fc.pre(id !== otherId || namespace !== otherNamespace);
        const threadKey = key(id, namespace);
        const otherKey = key(otherId, otherNamespace);
        expect(threadKey).not.toBe(otherKey);
        expect(otherKey.startsWith(`${threadKey}/`)).toBe(false);
        expect(otherKey.startsWith(namespacePrefixOf(prefix, namespace))).toBe(namespace === otherNamespace);
      }),
      { numRuns: 2000 },
    );
  });

  test("keys sort like their ids if these consist of [0-9A-Za-z._-]", () => {
    const plain = fc.oneof(
      fc.stringMatching(/^[0-9Aaz._-]{1,4}$/),
      fc.stringMatching(/^[a.-]{1,3}$/).map((tail) => "x".repeat(199) + tail),
    );
    fc.assert(
      fc.property(plain, plain, (left, right) => {
        expect(key(left) < key(right)).toBe(left < right);
      }),
      { numRuns: 5000 },
    );
  });
});
