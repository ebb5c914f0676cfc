import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { folderOf, idOf, keyOf } from "./keys.ts";

const prefix = "threadstore/";
const folder = folderOf(prefix, "");

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
])("%s is at %s", (id, expected) => {
  expect(key(id)).toBe(expected);
  expect(idOf(expected.slice(folder.length))).toBe(id);
});

test("a namespace is a folder, and another's is never inside or beside it with the same beginning", () => {
  expect(folderOf(prefix, "users")).toBe("threadstore/users/");
  expect(folderOf(prefix, "users/eu")).toBe("threadstore/users!2Feu/");
  expect(folderOf(prefix, "!root")).toBe("threadstore/!21root/");
  const long = "n".repeat(200);
  expect(key("id", `${long}more`).startsWith(folderOf(prefix, long))).toBe(false);
});

test("the longest names fit into a key and into MinIO's segments, and come back", () => {
  for (const character of ["x", "é", "%", "/", "😀", "\u0000", "漢"]) {
    const times = (bytes: number): string =>
      character.repeat(Math.floor(bytes / Buffer.byteLength(character)));
    const longest = keyOf(`${"p".repeat(99)}/`, { namespace: times(384), id: times(256) });
    expect(Buffer.byteLength(longest)).toBeLessThanOrEqual(1024);
    for (const segment of longest.split("/")) expect(segment.length).toBeLessThanOrEqual(255);
    expect(idOf(key(times(256)).slice(folder.length))).toBe(times(256));
  }
});

test.each(["", "!", "a!", "a/b", "a!2fb", "!C3", "!61", "a b", "!_YQ", "%2F", ".", "a!/", "\u00e9", "!root"])(
  "%j is no key of ours",
  (encoded) => {
    expect(idOf(encoded)).toBeUndefined();
  },
);

describe("for any names", () => {
  const character = fc.oneof(
    fc.constantFrom(...Array.from("aAz09._-!%/~*'()é😀\u0000 ")),
    fc.string({ unit: "binary", minLength: 1, maxLength: 1 }),
  );
  const name = fc
    .oneof(
      fc.array(character, { minLength: 1, maxLength: 12 }).map((parts) => parts.join("")),
      fc
        .tuple(fc.integer({ min: 190, max: 256 }), fc.constantFrom("a", "..", ".", "é", "a.", "-"))
        .map(([length, tail]) => "x".repeat(length) + tail),
    )
    .filter((text) => text.isWellFormed() && Buffer.byteLength(text) <= 256);
  const safe = /^[0-9A-Za-z._!/-]+$/;

  test("keys are safe, and tell their names", () => {
    fc.assert(
      fc.property(name, name, (id, namespace) => {
        const at = key(id, namespace);
        expect(at).toMatch(safe);
        for (const segment of at.split("/")) expect(["", ".", ".."]).not.toContain(segment);
        expect(at.startsWith(folderOf(prefix, namespace))).toBe(true);
        expect(idOf(at.slice(folderOf(prefix, namespace).length))).toBe(id);
      }),
      { numRuns: 2000 },
    );
  });

  test("different threads have different keys, none a folder of another, and namespaces are apart", () => {
    fc.assert(
      fc.property(name, name, name, name, (id, namespace, otherId, otherNamespace) => {
        fc.pre(id !== otherId || namespace !== otherNamespace);
        const at = key(id, namespace);
        const other = key(otherId, otherNamespace);
        expect(at).not.toBe(other);
        expect(other.startsWith(`${at}/`)).toBe(false);
        expect(other.startsWith(folderOf(prefix, namespace))).toBe(namespace === otherNamespace);
      }),
      { numRuns: 2000 },
    );
  });

  test("keys of [0-9A-Za-z._-] sort as their ids do", () => {
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
