import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createThreadStore } from "../create-thread-store.ts";
import { compareUtf8 } from "../encoding/compare-utf8.ts";
import { decodeCursor, encodeCursor } from "../encoding/cursor.ts";
import { threadJson } from "../encoding/thread-json.ts";
import { memoryDriver, type MemoryRecords, memoryStore } from "../memory-store.ts";
import { checkedId, namespaceWithin } from "./names.ts";

const text = fc.string({ unit: "grapheme", minLength: 1, maxLength: 8 });

describe("strict JSON", () => {
  class Message {
    readonly role = "user";
  }
  const cycle: { self?: object } = {};
  cycle.self = cycle;
  const holed: number[] = [1];
  holed.length = 3;

  it.each<[string, object, string]>([
    ["undefined", { messages: [0, 1, 2, { createdAt: undefined }] }, "$.messages[3].createdAt is undefined"],
    ["a function", { toJSON: () => 1 }, "$.toJSON is a function"],
    ["a symbol", { a: Symbol("s") }, "$.a is a symbol"],
    ["a symbol as name", { a: { [Symbol("s")]: 1 } }, "$.a is an object with a symbol"],
    ["a bigint", { a: 1n }, "$.a is a bigint"],
    ["NaN", { a: [Number.NaN] }, "$.a[0] is NaN"],
    ["an infinity", { a: Number.NEGATIVE_INFINITY }, "$.a is -Infinity"],
    ["a cycle", { a: [cycle] }, "$.a[0].self is a reference to an object that contains it"],
    ["a lone surrogate", { a: "x\ud800" }, "$.a is a string with a lone surrogate"],
    ["a lone surrogate in a name", { a: { "\udc00": 1 } }, "$.a is an object with a lone surrogate"],
    ["a Date", { "a b": { c: new Date() } }, '$["a b"].c is an instance of Date'],
    ["a Map", { a: new Map() }, "$.a is an instance of Map"],
    ["a class", { a: new Message() }, "$.a is an instance of Message"],
    ["a boxed string", { a: Object("x") }, "$.a is an instance of String"],
    ["an inherited toJSON", { a: Object.create({ toJSON: () => 1 }) }, "$.a is an instance of"],
    [
      "a subclass of Array",
      { a: new (class extends Array {})() },
      "$.a is an instance of a subclass of Array",
    ],
    ["a class without a root", { a: Object.create(Object.create(null)) }, "$.a is an instance of a class"],
    ["a hole", { a: holed }, "$.a[1] is undefined"],
    [
      "a named member of an array",
      { a: Object.assign([1], { index: 0 }) },
      "$.a is an array with named members",
    ],
  ])("refuses %s with its path", (_, thread, message) => {
    expect(() => threadJson(thread)).toThrow(message);
  });

  it("keeps what JSON keeps", () => {
    const shared = { x: 1 };
    const thread = {
      a: [shared, shared, []],
      "": null,
      b: { ["__proto__"]: 1 },
      c: Object.create(null),
      d: -0.5,
    };
    expect(threadJson(thread).rest.toString()).toBe(JSON.stringify(thread));
    fc.assert(
      fc.property(fc.dictionary(text, fc.jsonValue()), (value) => {
        expect(threadJson(value).rest.toString()).toBe(JSON.stringify(value));
      }),
    );
  });

  it.each([
    ["", "is not JSON"],
    ["\ufeff{}", "is not JSON"],
    ["{}{}", "is not JSON at position 2"],
    ["null", "null and not an object"],
    ['"text"', "a string and not an object"],
    ['{"a":"\ud800"}', "lone surrogate"],
  ])("refuses the text %j", (thread, message) => {
    expect(() => threadJson(thread)).toThrow(message);
  });

  it("never quotes the thread", () => {
    expect(() => threadJson('{"canary": canary}')).toThrow(
      expect.not.objectContaining({ message: /canary/u }),
    );
  });
});

describe("names", () => {
  it("counts bytes of UTF-8", () => {
    expect(checkedId("é".repeat(128))).toHaveLength(128);
    expect(() => checkedId("é".repeat(129))).toThrow("has at most 256 bytes of UTF-8; this one has 258");
  });

  it("nests namespaces so that no two paths meet", () => {
    expect(namespaceWithin(namespaceWithin("", "a"), "b")).toBe("a/b");
    expect(namespaceWithin("", "a/b")).toBe("a%2Fb");
    expect(namespaceWithin("", "a%2Fb")).toBe("a%252Fb");
    const path = fc.array(fc.constantFrom("a", "/", "%", "%2F", "a/", "/a"), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(path, path, (left, right) => {
        const same = JSON.stringify(left) === JSON.stringify(right);
        expect(left.reduce(namespaceWithin, "") === right.reduce(namespaceWithin, "")).toBe(same);
      }),
    );
  });

  it("limits a nested namespace as a whole, by what was written", () => {
    expect(namespaceWithin("", "/".repeat(128))).toHaveLength(384);
    expect(() => namespaceWithin("x".repeat(100), "y".repeat(28))).toThrow("at most 128 bytes");
  });

  it("orders as UTF-8 bytes", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (left, right) => {
        const sign = Math.sign(compareUtf8(left, right));
        expect(sign).toBe(Buffer.compare(Buffer.from(left), Buffer.from(right)));
      }),
    );
    expect(compareUtf8("\uffff", "\u{10000}")).toBeLessThan(0);
  });
});

describe("cursors", () => {
  const place = { store: "memory", namespace: "tenant" };

  it("come back as the place they stand for", () => {
    fc.assert(
      fc.property(text, (after) => {
        expect(decodeCursor(encodeCursor({ ...place, after }), place)).toBe(after);
      }),
    );
  });

  it.each(["", "x", "AAAAAAAAAAAAAAAA", 5, null])("refuse %j", (cursor) => {
    expect(() => decodeCursor(cursor, place)).toThrow("The cursor is not one");
  });

  it("refuse another namespace's, another store's and a changed one", () => {
    const cursor = encodeCursor({ ...place, after: "a" });
    expect(() => decodeCursor(cursor, { ...place, namespace: "other" })).toThrow("The cursor");
    expect(() => decodeCursor(cursor, { ...place, store: "redis" })).toThrow("The cursor");
    expect(() => decodeCursor(`${cursor.slice(0, -2)}AA`, place)).toThrow("The cursor");
  });
});

describe("previous", () => {
  it("of another thread is refused", async () => {
    const store = memoryStore();
    const saved = await store.save("a", {});
    const code = "INVALID_ARGUMENT";
    const refused = { code, message: "`previous` must be a version of the same thread." };
    await expect(store.save("b", {}, { previous: saved })).rejects.toMatchObject(refused);
    await expect(store.delete("b", { previous: saved })).rejects.toMatchObject(refused);
    const refusedLoad = { code, message: "`cached` must be a version of the same thread." };
    await expect(store.load("b", { cached: saved })).rejects.toMatchObject(refusedLoad);
  });

  it("of another namespace lends it neither metadata nor bytes, even where versions are counted", async () => {
    let count = 0;
    const records: MemoryRecords = new Map();
    const memory = memoryDriver({ records });
    const counting = createThreadStore({
      ...memory,
      write: (key, record, expected, options) => {
        count = expected === undefined ? 1 : count + 1;
        return memory.write(key, { ...record, nonce: String(count), unchanged: 0 }, expected, options);
      },
    });
    const there = await counting.namespace("x").save("a", { at: "x" }, { metadata: { owner: "x" } });
    const here = await counting.save("a", { at: "here" }, { metadata: { owner: "here" } });
    expect(here.version).toBe(there.version);
    const next = await counting.save("a", { at: "here", n: 2 }, { previous: there });
    expect(next.metadata).toEqual({ owner: "here" });
  });
});

describe("expiry", () => {
  it.each([0, -1, Number.NaN, "soon", null])("refuses ttlMs: %j", async (ttlMs) => {
    const saving = memoryStore().save("a", {}, { ttlMs: ttlMs as never });
    await expect(saving).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  });
});
