import { expect, it } from "vitest";
import { isSegmentFileName, segmentFileName } from "./layout.ts";
import { isVersion, locationOf, newVersion } from "./version.ts";

const LOCATION = { segment: "0123456789abcdef00000001", end: 4711 };

it("accepts only the exact text that newVersion returns", () => {
  const version = newVersion(LOCATION);
  expect(isVersion(version)).toBe(true);
  expect(newVersion(LOCATION)).not.toBe(version);
  expect(locationOf(version)).toEqual(LOCATION);
  // On a file system that ignores case, the first of these would name the same folder.
  const others = [version.toUpperCase(), `${version}\n`, `${version}/`, version.slice(1), `${version}.`, ""];
  expect(others.filter((text) => isVersion(text))).toEqual([]);
});

it("accepts only the exact file name of a segment", () => {
  expect(isSegmentFileName(segmentFileName(LOCATION.segment))).toBe(true);
  const others = [newVersion(LOCATION), "id", ".segment", `${LOCATION.segment}.json`];
  expect(others.filter((name) => isSegmentFileName(name))).toEqual([]);
});
