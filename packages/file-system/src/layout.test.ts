import { expect, it } from "vitest";
import { isRecordName, isVersion, newVersion, recordName } from "./layout.ts";

it("takes for a version only what newVersion makes, in its very letters", () => {
  const version = newVersion();
  expect(isVersion(version)).toBe(true);
  expect(newVersion()).not.toBe(version);
  // A file system that ignores case would find the folder of the first.
  expect(isVersion("A".repeat(32))).toBe(false);
  expect([`${version}\n`, `${version}0`, version.slice(1), ""].filter((text) => isVersion(text))).toEqual([]);
  expect(isRecordName(recordName(version))).toBe(true);
  expect([version, "id", ".json", `${version}.jsonl`].filter((name) => isRecordName(name))).toEqual([]);
});
