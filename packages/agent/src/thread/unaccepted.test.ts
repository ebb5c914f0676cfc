import { expect, test } from "vitest";
import { readUnaccepted, writeUnaccepted } from "./unaccepted.ts";

test("ranges are read as they are written", () => {
  const ranges = [
    { start: 0, end: 1, isLeftOut: true, isWhole: false },
    { start: 1, end: 3, isLeftOut: true, isWhole: true },
    { start: 3, end: 5, isLeftOut: false, isWhole: false },
  ];
  expect(readUnaccepted(writeUnaccepted(ranges), 5)).toEqual(ranges);
});

test.each([
  [{ whole: true }, { isLeftOut: false, isWhole: false }],
  [
    { leftOut: true, whole: 1 },
    { isLeftOut: true, isWhole: false },
  ],
])("a range that is not left out is not left out as a whole: %j", (members, expected) => {
  expect(readUnaccepted([{ start: 0, end: 1, ...members }], 1)).toMatchObject([expected]);
});

test.each([
  [undefined],
  ["text"],
  [[null]],
  [[{}]],
  [[{ start: -1, end: 2 }]],
  [[{ start: 2, end: 2 }]],
  [[{ start: 0.5, end: 2 }]],
  [[{ start: 0, end: 6 }]],
  [[{ start: "0", end: "1" }]],
])("ranges that do not fit the messages are ignored: %j", (value) => {
  expect(readUnaccepted(value, 5)).toEqual([]);
});

test("a range that overlaps an earlier one is ignored", () => {
  const ranges = [
    { start: 1, end: 3 },
    { start: 2, end: 4 },
    { start: 3, end: 5 },
  ];
  expect(readUnaccepted(ranges, 5).map(({ start }) => start)).toEqual([1, 3]);
});
