import { expect, test } from "vitest";
import { bucketCount, keysUnder } from "./keys.ts";

/** What Redis Cluster hashes: what is between the first brace and the first closing one behind it. */
function hashTag(key: string): string {
  const start = key.indexOf("{") + 1;
  return key.slice(start, key.indexOf("}", start));
}

const hostile = [
  "",
  "a",
  "b",
  "a:1",
  "a:",
  "a}",
  "{a",
  "{}",
  "}{",
  "a%7B",
  "a{",
  "%",
  "%25",
  "a}:1",
  "ä",
  "a\0",
];

test("no two threads, indexes or prefixes meet, whatever they are called", () => {
  const seen = new Map<string, string>();
  const add = (key: string, what: string): void => {
    expect(seen.get(key), `${what} has the key of another`).toBeUndefined();
    seen.set(key, what);
  };
  for (const prefix of ["p", "p:", ":p", "p:p", "%7B"]) {
    const keys = keysUnder(prefix);
    for (const namespace of hostile) {
      for (const [number, { index }] of keys.buckets(namespace).entries()) {
        add(index, `index ${prefix} ${namespace} ${number}`);
      }
      for (const id of hostile.filter((each) => each !== "")) {
        add(keys.of({ namespace, id }).record, `record ${prefix} ${namespace} ${id}`);
      }
    }
  }
});

test("a record and its index share a hash tag, and a namespace has many", () => {
  const keys = keysUnder("p");
  for (const namespace of hostile) {
    const buckets = keys.buckets(namespace);
    expect(new Set(buckets.map(({ index }) => hashTag(index))).size).toBe(bucketCount);
    const used = new Set<string>();
    for (let number = 0; number < 1000; number++) {
      const { index, record, id } = keys.of({ namespace, id: `{${number}}` });
      const bucket = buckets.find((each) => each.index === index);
      expect(bucket?.record(Buffer.from(id))).toEqual(Buffer.from(record));
      expect(hashTag(record)).toBe(hashTag(index));
      used.add(hashTag(record));
    }
    expect(used.size).toBe(bucketCount);
  }
});

test("where a thread lies is part of the layout, and stays", () => {
  const { record, index } = keysUnder("threadstore").of({ namespace: "tenant", id: "a{b}:c" });
  expect(index).toBe("threadstore:{tenant:18}");
  expect(record).toBe("threadstore:{tenant:18}:a{b}:c");
});

test.each(["", "a{b", "a}", "\ud800", 7 as unknown as string])("the prefix %j is a TypeError", (prefix) => {
  expect(() => keysUnder(prefix)).toThrow(TypeError);
});
