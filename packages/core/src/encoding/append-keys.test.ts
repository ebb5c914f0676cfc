import { expect, it } from "vitest";
import { hasAppendKey, hashAppendKey, isAppendKeys, withAppendKey } from "./append-keys.ts";

it("remembers the last 100 keys", () => {
  let keys = "";
  for (let n = 0; n < 250; n += 1) keys = withAppendKey(keys, hashAppendKey(`key ${n}`));
  const known = Array.from({ length: 250 }, (_, n) => n).filter((n) =>
    hasAppendKey(keys, hashAppendKey(`key ${n}`)),
  );
  expect(known).toEqual(Array.from({ length: 100 }, (_, n) => 150 + n));
  expect(isAppendKeys(keys)).toBe(true);
  expect(withAppendKey(keys, undefined)).toBe(keys);
});

it("does not find a key across two others", () => {
  const keys = withAppendKey(withAppendKey("", "a".repeat(12)), "b".repeat(12));
  expect(hasAppendKey(keys, `${"a".repeat(6)}${"b".repeat(6)}`)).toBe(false);
});

it.each(["x", "x".repeat(13), "!".repeat(12), "x".repeat(1212), 1, null])("rejects %o", (value) => {
  expect(isAppendKeys(value)).toBe(false);
});
