import { expect, it } from "vitest";
import { isSegmentFileName, segmentFileName } from "./layout.ts";
import { isVersion, locationOf, newVersion, timeOf } from "./version.ts";

const LOCATION = { segment: "0123456789abcdef00000001", end: 4711 };

it("accepts only the exact text that newVersion returns", () => {
  const version = newVersion(LOCATION, 5);
  expect(isVersion(version)).toBe(true);
  expect(newVersion(LOCATION, 5)).not.toBe(version);
  expect(locationOf(version)).toEqual(LOCATION);
  // On a file system that ignores case, the first of these would name the same folder.
  const others = [version.toUpperCase(), `${version}\n`, `${version}/`, version.slice(1), `${version}.`, ""];
  expect(others.filter((text) => isVersion(text))).toEqual([]);
});

it("has the time of the save, as far as it fits, and otherwise the nearest that does", () => {
  const times = [0, 1, Date.parse("2026-11-29T17:00:00.123Z"), 16 ** 11 - 1];
  expect(times.map((time) => timeOf(newVersion(LOCATION, time)))).toEqual(times);
  expect(timeOf(newVersion(LOCATION, -1))).toBe(0);
  expect(timeOf(newVersion(LOCATION, 8_640_000_000_000_000))).toBe(16 ** 11 - 1);
});

it("accepts only the exact file name of a segment", () => {
  expect(isSegmentFileName(segmentFileName(LOCATION.segment))).toBe(true);
  const others = [newVersion(LOCATION, 5), "id", ".segment", `${LOCATION.segment}.json`];
  expect(others.filter((name) => isSegmentFileName(name))).toEqual([]);
});
