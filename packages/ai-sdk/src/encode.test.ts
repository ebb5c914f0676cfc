import { describe, expect, test } from "vitest";
import { decode } from "./decode.ts";
import { encode } from "./encode.ts";

function roundTrip(value: unknown): unknown {
  return decode(JSON.parse(JSON.stringify(encode(value, "$"))), "$");
}

test.each<[string, unknown, unknown]>([
  ["JSON", { a: [1, -2.5, "x", true, null, {}, []] }, { a: [1, -2.5, "x", true, null, {}, []] }],
  ["bytes", new Uint8Array([0, 255, 7]), { $bytes: "AP8H" }],
  ["empty bytes", new Uint8Array(), { $bytes: "" }],
  ["a view of a part of a buffer", new Uint8Array([1, 2, 3, 4]).subarray(1, 3), { $bytes: "AgM=" }],
  ["an ArrayBuffer", new Uint8Array([1, 2]).buffer, { $arrayBuffer: "AQI=" }],
  ["a URL", new URL("https://example.org/ä?b=c"), { $url: "https://example.org/%C3%A4?b=c" }],
  ["a date", new Date(1_700_000_000_123), { $date: "2023-11-14T22:13:20.123Z" }],
  [
    "non-finite numbers",
    [Number.NaN, Infinity, -Infinity],
    [{ $number: "NaN" }, { $number: "Infinity" }, { $number: "-Infinity" }],
  ],
  ["an object that looks encoded", { $bytes: "AP8H" }, { $object: { $bytes: "AP8H" } }],
  [
    "an object that looks like $object",
    { $object: { $url: "x" } },
    { $object: { $object: { $object: { $url: "x" } } } },
  ],
  ["a name with $ among others", { $a: 1, b: 2 }, { $a: 1, b: 2 }],
])("%s is decoded to an equal value", (_name, value, encoded) => {
  expect(encode(value, "$")).toEqual(encoded);
  expect(roundTrip(value)).toStrictEqual(value);
  expect(roundTrip({ deep: [value] })).toStrictEqual({ deep: [value] });
});

test("a bigint becomes a string, also one that an earlier version encoded", () => {
  expect(encode({ count: -12345678901234567890n }, "$")).toEqual({ count: "-12345678901234567890" });
  const paths: string[] = [];
  const decoded = decode({ count: { $bigint: "7" } }, "$", (path) => paths.push(path));
  expect(decoded).toEqual({ count: "7" });
  expect(paths).toEqual(["$.count"]);
});

test("a Buffer is decoded to a Uint8Array that shares no memory", () => {
  const bytes = roundTrip(Buffer.from("abc")) as Uint8Array;
  expect(bytes).toStrictEqual(new Uint8Array([97, 98, 99]));
  expect(bytes.buffer.byteLength).toBe(3);
});

test("a member called __proto__ is data", () => {
  const value: unknown = JSON.parse('{"__proto__":{"a":1},"b":2}');
  expect(JSON.stringify(roundTrip(value))).toBe('{"__proto__":{"a":1},"b":2}');
});

test("everything else is encoded as by JSON.stringify, with U+FFFD for lone surrogates", () => {
  class Point {
    readonly x = 1;
    readonly hidden = undefined;
  }
  const value = {
    left: undefined,
    out: () => 1,
    symbol: Symbol("s"),
    list: [undefined, () => 1],
    point: new Point(),
    map: new Map([[1, 2]]),
    never: new Date(Number.NaN),
    own: { toJSON: () => ({ at: new Date(0) }) },
    text: "a\ud800",
    "\udc00": 1,
  };
  expect(encode(value, "$")).toEqual({
    list: [null, null],
    point: { x: 1 },
    map: {},
    never: null,
    own: { at: { $date: "1970-01-01T00:00:00.000Z" } },
    text: "a\ufffd",
    "\ufffd": 1,
  });
});

describe("rejects", () => {
  test("a cycle", () => {
    const cycle: { self?: object } = {};
    cycle.self = cycle;
    expect(() => encode(cycle, "$")).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT", message: expect.stringMatching(/Remove cycles/u) }),
    );
  });

  test.each<[unknown, string]>([
    [{ $bytes: "A" }, "$.$bytes"],
    [{ $bytes: 1 }, "$.$bytes"],
    [{ $arrayBuffer: "*" }, "$.$arrayBuffer"],
    [{ $url: "no url" }, "$.$url"],
    [{ $date: "soon" }, "$.$date"],
    [{ $bigint: "1.5" }, "$.$bigint"],
    [{ $number: "7" }, "$.$number"],
    [{ a: [{ $later: "?" }] }, "$.a[0].$later"],
    [{ $object: [] }, "$.$object"],
  ])("the stored value %j", (value, path) => {
    expect(() => decode(value as never, "$")).toThrow(
      expect.objectContaining({ code: "THREAD_INVALID", path }),
    );
  });
});
