import { inspect } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ThreadStoreError } from "../errors.ts";
import { checkThreadText, checkWellFormed, stringifyThread } from "./thread.ts";

function errorOf(call: () => unknown): ThreadStoreError {
  try {
    call();
  } catch (error) {
    if (ThreadStoreError.is(error)) return error;
    throw error;
  }
  throw new Error("The call succeeded.");
}

const memberName = fc.string({ unit: "grapheme", minLength: 1, maxLength: 8 });

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
    [
      "a hidden toJSON",
      { a: [Object.defineProperty({}, "toJSON", { value: () => 1 })] },
      "$.a[0] is an object or array with a toJSON method",
    ],
    [
      "a hidden toJSON of an array",
      { a: Object.defineProperty([1], "toJSON", { value: () => 1 }) },
      "$.a is an object or array with a toJSON method",
    ],
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
  ])("rejects %s with its path, which is not in the message", (_, thread, expected) => {
    const [path = "", reason = ""] = expected.split(" is ");
    const error = errorOf(() => stringifyThread(thread));
    expect(error.path).toBe(path);
    expect(error.message).toContain(` is ${reason}`);
    expect(error.message).toContain(path.replaceAll(/\.[^.[]+|\["[^"]*"\]/gu, ".*"));
  });

  it.each<[object, string]>([
    [{ a: undefined }, "JSON.parse(JSON.stringify(value))"],
    [{ a: new Date() }, "toISOString()"],
    [{ a: new Map() }, "Object.fromEntries"],
    [{ a: new Message() }, "a plain object"],
    [{ a: 1n }, "a string"],
  ])("tells how to store %o", (thread, remedy) => {
    expect(errorOf(() => stringifyThread(thread)).message).toContain(remedy);
  });

  it("do not appear in a log with the names of their members", () => {
    const error = errorOf(() => stringifyThread({ people: { "alice@example.org": undefined } }));
    expect(error.path).toBe('$.people["alice@example.org"]');
    expect(inspect(error, { showHidden: true }) + JSON.stringify(error)).not.toMatch(/alice|people/u);
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
    expect(stringifyThread(thread)).toBe(JSON.stringify(thread));
    fc.assert(
      fc.property(fc.dictionary(memberName, fc.jsonValue()), (value) => {
        expect(stringifyThread(value)).toBe(JSON.stringify(value));
      }),
    );
  });
});

function checkText(text: string): void {
  checkWellFormed(text);
  checkThreadText(text);
}

describe("threads given as text", () => {
  it.each([
    ["", "is not JSON"],
    ["\ufeff{}", "is not JSON"],
    ["{}{}", "is not JSON at position 2"],
    ["null", "must be a JSON object, not null"],
    ['"text"', "must be a JSON object, not a string"],
    ['{"a":"\ud800"}', "lone surrogate"],
  ])("rejects %j", (thread, message) => {
    expect(() => checkText(thread)).toThrow(message);
  });

  it("does not quote the thread in the error", () => {
    let message = "";
    try {
      checkText('{"canary": canary}');
    } catch (error) {
      message = String(error);
    }
    expect(message).toContain("is not JSON");
    expect(message).not.toContain("canary");
  });
});
