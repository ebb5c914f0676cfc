import {
  array,
  assert,
  base64String,
  constant,
  integer,
  letrec,
  oneof,
  property,
  record,
  string,
  uint8Array,
} from "fast-check";
import { expect, test } from "vitest";
import { decodeData, encodeData } from "./binary-data.ts";

function stored(value: unknown): unknown {
  return decodeData(JSON.parse(JSON.stringify(encodeData(value, "$"))));
}

/** Any JSON, with bytes as the values of members called `data`, and with members that look like encoded bytes. */
const { value: items } = letrec<{ value: unknown; bytes: Uint8Array; data: unknown }>((tie) => ({
  bytes: uint8Array({ maxLength: 5 }).map((bytes) => Uint8Array.from(bytes)),
  data: oneof(tie("bytes"), tie("value")),
  value: oneof(
    { maxDepth: 6, depthIdentifier: "items" },
    oneof(constant(null), integer(), string(), base64String({ maxLength: 8 })),
    array(tie("value"), { maxLength: 3, depthIdentifier: "items" }),
    record({ $bytes: oneof(base64String({ maxLength: 8 }), tie("value")) }, { noNullPrototype: true }),
    record({ $object: tie("value") }, { noNullPrototype: true }),
    record(
      { data: tie("data"), $bytes: tie("value"), $object: tie("value") },
      { requiredKeys: [], noNullPrototype: true },
    ),
    record({ data: tie("data"), image: tie("value") }, { requiredKeys: [], noNullPrototype: true }),
  ),
}));

test("any JSON and any bytes are stored and read exactly", () => {
  assert(
    property(items, (value) => {
      expect(stored(value)).toStrictEqual(value);
    }),
    { numRuns: 300 },
  );
});

test.each<[string, unknown]>([
  ["an object like encoded bytes", { data: { $bytes: "AAAA" } }],
  ["an object like an encoded object", { data: { $object: { $bytes: "AAAA" } } }],
  ["an object like two encoded objects", { data: { $object: { $object: 5 } } }],
  ["an object with nothing to encode", { data: { $object: 5 } }],
  ["bytes in an object like an encoded one", { data: { $object: { data: Uint8Array.of(1) } } }],
  ["bytes in data", { data: [{ data: Uint8Array.of(1) }] }],
  ["bytes that are no base64", { data: { $bytes: "?" } }],
  ["markers elsewhere", { image: { $bytes: "AAAA" } }],
])("%s is read as it was", (_name, value) => {
  expect(stored(value)).toStrictEqual(value);
});

// No version writes them, but another application may.
test.each([
  { data: { $bytes: "?" } },
  { data: { $object: 5 } },
  { data: { $object: { a: 1 } } },
  { data: { $bytes: 1 } },
])("%j, which this version would have encoded, is read as it is", (value) => {
  expect(decodeData(value)).toStrictEqual(value);
});

test("items of earlier versions are read", () => {
  const earlier = [{ data: { $bytes: "AQI=" } }, { data: { $object: { $bytes: "AQI=" } } }, { data: "AQI=" }];
  expect(decodeData(earlier)).toStrictEqual([
    { data: Uint8Array.of(1, 2) },
    { data: { $bytes: "AQI=" } },
    { data: "AQI=" },
  ]);
});
