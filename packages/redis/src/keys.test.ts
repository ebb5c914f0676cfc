import { expect, test } from "vitest";
import { BUCKET_COUNT, keysWithPrefix } from "./keys.ts";

/** Returns the part of a key that Redis Cluster hashes: between the first `{` and the first `}` after it. */
function hashTag(key: string): string {
  const start = key.indexOf("{") + 1;
  return key.slice(start, key.indexOf("}", start));
}

const HOSTILE_NAMES = [
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

test("the namespace of an index is known by its key, which no other key looks like", () => {
  for (const prefix of ["p", "p*[?", "p:p"]) {
    const keys = keysWithPrefix(prefix);
    for (const namespace of [...HOSTILE_NAMES, "a/b", "a%2Fb"]) {
      for (const { index, recencyIndex } of keys.buckets(namespace)) {
        expect(keys.namespaceOfIndex(index)).toBe(namespace);
        expect(keys.namespaceOfIndex(recencyIndex)).toBeUndefined();
      }
      for (const id of [...HOSTILE_NAMES, "x:5}", "{a:5}"]) {
        expect(keys.namespaceOfIndex(keys.of({ namespace, id }).record)).toBeUndefined();
      }
    }
    expect(
      keysWithPrefix(`${prefix}x`).namespaceOfIndex(keys.of({ namespace: "", id: "a" }).index),
    ).toBeUndefined();
  }
});

test("distinct prefixes, namespaces and ids never share a key", () => {
  const owners = new Map<string, string>();
  const add = (key: string, owner: string): void => {
    expect(owners.get(key), `${owner} shares the key ${key}`).toBeUndefined();
    owners.set(key, owner);
  };
  for (const prefix of ["p", "p:", ":p", "p:p", "%7B"]) {
    const keys = keysWithPrefix(prefix);
    for (const namespace of HOSTILE_NAMES) {
      for (const [bucket, { index, recencyIndex }] of keys.buckets(namespace).entries()) {
        add(index, `index ${prefix} ${namespace} ${bucket}`);
        add(recencyIndex, `index by recency ${prefix} ${namespace} ${bucket}`);
      }
      for (const id of HOSTILE_NAMES.filter((each) => each !== "")) {
        add(keys.of({ namespace, id }).record, `record ${prefix} ${namespace} ${id}`);
      }
    }
  }
});

test("a record shares the hash tag of its indexes, and a namespace uses every bucket", () => {
  const keys = keysWithPrefix("p");
  for (const namespace of HOSTILE_NAMES) {
    const buckets = keys.buckets(namespace);
    expect(new Set(buckets.map(({ index }) => hashTag(index))).size).toBe(BUCKET_COUNT);
    const used = new Set<string>();
    for (let number = 0; number < 1000; number++) {
      const { index, recencyIndex, record, id } = keys.of({ namespace, id: `{${number}}` });
      const bucket = buckets.find((each) => each.index === index);
      expect(bucket?.recencyIndex).toBe(recencyIndex);
      expect(hashTag(recencyIndex)).toBe(hashTag(index));
      expect(bucket?.record(Buffer.from(id))).toEqual(Buffer.from(record));
      expect(hashTag(record)).toBe(hashTag(index));
      used.add(hashTag(record));
    }
    expect(used.size).toBe(BUCKET_COUNT);
  }
});

test("the keys of a thread are part of the storage format and do not change", () => {
  const { record, index } = keysWithPrefix("threadstore").of({ namespace: "tenant", id: "a{b}:c" });
  expect(index).toBe("threadstore:{tenant:18}");
  expect(record).toBe("threadstore:{tenant:18}:a{b}:c");
});
