import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createThreadStore } from "../create-thread-store.ts";
import { compareUtf8 } from "../encoding/compare-utf8.ts";
import { threadJson } from "../encoding/thread-json.ts";
import { memoryDriver, type MemoryRecords, memoryStore } from "../memory-store.ts";
import { checkedId, namespaceWithin } from "./names.ts";

const text = fc.string({ unit: "grapheme", minLength: 1, maxLength: 8 });

describe("threads given as objects", () => {
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
    [
      "a symbol as a member name",
      { a: { [Symbol("s")]: 1 } },
      "$.a is an object with a symbol as a member name",
    ],
    ["a bigint", { a: 1n }, "$.a is a bigint"],
    ["NaN", { a: [Number.NaN] }, "$.a[0] is NaN"],
    ["an infinity", { a: Number.NEGATIVE_INFINITY }, "$.a is -Infinity"],
    ["a cycle", { a: [cycle] }, "$.a[0].self is a reference to an object that contains it"],
    ["a lone surrogate", { a: "x\ud800" }, "$.a is a string with a lone surrogate"],
    ["a lone surrogate in a member name", { a: { "\udc00": 1 } }, "$.a is an object with a lone surrogate"],
    ["a Date", { "a b": { c: new Date() } }, '$["a b"].c is an instance of Date'],
    ["a Map", { a: new Map() }, "$.a is an instance of Map"],
    ["a class instance", { a: new Message() }, "$.a is an instance of Message"],
    ["a boxed string", { a: Object("x") }, "$.a is an instance of String"],
    ["an inherited toJSON", { a: Object.create({ toJSON: () => 1 }) }, "$.a is an instance of"],
    [
      "a subclass of Array",
      { a: new (class extends Array {})() },
      "$.a is an instance of a subclass of Array",
    ],
    [
      "an instance of a class without a base",
      { a: Object.create(Object.create(null)) },
      "$.a is an instance of a class",
    ],
    ["a hole", { a: holed }, "$.a[1] is undefined"],
    [
      "a named member of an array",
      { a: Object.assign([1], { index: 0 }) },
      "$.a is an array with named members",
    ],
  ])("rejects %s with its path", (_, thread, message) => {
    expect(() => threadJson(thread)).toThrow(message);
  });

  it("encodes strict JSON like JSON.stringify", () => {
    const shared = { x: 1 };
    const thread = {
      a: [shared, shared, []],
      "": null,
      b: { ["__proto__"]: 1 },
      c: Object.create(null),
      d: -0.5,
    };
    expect(threadJson(thread).added.toString()).toBe(JSON.stringify(thread));
    fc.assert(
      fc.property(fc.dictionary(text, fc.jsonValue()), (value) => {
        expect(threadJson(value).added.toString()).toBe(JSON.stringify(value));
      }),
    );
  });
});

describe("threads given as text", () => {
  it.each([
    ["", "is not JSON"],
    ["\ufeff{}", "is not JSON"],
    ["{}{}", "is not JSON at position 2"],
    ["null", "must be a JSON object, not null"],
    ['"text"', "must be a JSON object, not a string"],
    ['{"a":"\ud800"}', "lone surrogate"],
  ])("rejects %j", (thread, message) => {
    expect(() => threadJson(thread)).toThrow(message);
  });

  it("does not quote the thread in the error", () => {
    expect(() => threadJson('{"canary": canary}')).toThrow(
      expect.not.objectContaining({ message: /canary/u }),
    );
  });
});

describe("names", () => {
  it("limits an id by its bytes of UTF-8", () => {
    expect(checkedId("é".repeat(128))).toHaveLength(128);
    expect(() => checkedId("é".repeat(129))).toThrow("must have at most 256 bytes of UTF-8, but has 258");
  });

  it("escapes nested namespaces so that distinct paths never collide", () => {
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

  it("limits nested namespaces in total, before escaping", () => {
    expect(namespaceWithin("", "/".repeat(128))).toHaveLength(384);
    expect(() => namespaceWithin("x".repeat(100), "y".repeat(28))).toThrow("at most 128 bytes");
  });

  it("compares strings by their bytes of UTF-8", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (left, right) => {
        const sign = Math.sign(compareUtf8(left, right));
        expect(sign).toBe(Buffer.compare(Buffer.from(left), Buffer.from(right)));
      }),
    );
    expect(compareUtf8("\uffff", "\u{10000}")).toBeLessThan(0);
  });
});

describe("previous and cached", () => {
  it("must be a version of the same thread", async () => {
    const store = memoryStore();
    const saved = await store.save("a", {});
    const code = "INVALID_ARGUMENT";
    const rejection = { code, message: "`previous` must be a version of the same thread." };
    await expect(store.save("b", {}, { previous: saved })).rejects.toMatchObject(rejection);
    await expect(store.delete("b", { previous: saved })).rejects.toMatchObject(rejection);
    const loadRejection = { code, message: "`cached` must be a version of the same thread." };
    await expect(store.load("b", { cached: saved })).rejects.toMatchObject(loadRejection);
  });

  it("contribute neither metadata nor bytes across namespaces, even if versions are equal", async () => {
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
  it.each([0, -1, Number.NaN, "soon", null])("rejects ttlMs: %j", async (ttlMs) => {
    const saving = memoryStore().save("a", {}, { ttlMs: ttlMs as never });
    await expect(saving).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  });
});
