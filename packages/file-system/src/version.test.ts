import { expect, it } from "vitest";
import { isSegmentName, segmentName } from "./layout.ts";
import { isVersion, locationOf, newVersion } from "./version.ts";

const last = { segment: "0123456789abcdef00000001", end: 4711 };

it("takes for a version only what newVersion makes, in its very letters", () => {
  const version = newVersion(last);
  expect(isVersion(version)).toBe(true);
  expect(newVersion(last)).not.toBe(version);
  expect(locationOf(version)).toEqual(last);
  // A file system that ignores case would find the folder of the first.
  const others = [version.toUpperCase(), `${version}\n`, `${version}/`, version.slice(1), `${version}.`, ""];
  expect(others.filter((text) => isVersion(text))).toEqual([]);
  expect(isSegmentName(segmentName(last.segment))).toBe(true);
  expect([version, "id", ".segment", `${last.segment}.json`].filter((name) => isSegmentName(name))).toEqual(
    [],
  );
});
