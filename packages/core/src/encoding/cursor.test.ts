import { crc32 } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeCursor, encodeCursor } from "./cursor.ts";

const text = fc.string({ unit: "grapheme", minLength: 1, maxLength: 8 });

describe("cursors", () => {
  const position = { store: "memory", namespace: "tenant", prefix: "" };

  it("encode a position", () => {
    fc.assert(
      fc.property(text, (after) => {
        expect(decodeCursor(encodeCursor({ ...position, after }), position)).toBe(after);
      }),
    );
  });

  it("of a listing with a prefix are rejected without it, and with another one", () => {
    const withPrefix = { ...position, prefix: "user-" };
    const cursor = encodeCursor({ ...withPrefix, after: "user-1" });
    expect(decodeCursor(cursor, withPrefix)).toBe("user-1");
    expect(() => decodeCursor(cursor, position)).toThrow("`cursor` must be");
    expect(() => decodeCursor(cursor, { ...position, prefix: "user" })).toThrow("`cursor` must be");
    const without = encodeCursor({ ...position, after: "user-1" });
    expect(() => decodeCursor(without, withPrefix)).toThrow("`cursor` must be");
  });

  it.each(["", "x", "AAAAAAAAAAAAAAAA", 5, null])("are rejected if malformed: %j", (cursor) => {
    expect(() => decodeCursor(cursor, position)).toThrow("`cursor` must be");
  });

  it("are rejected if changed or of another namespace or store", () => {
    const cursor = encodeCursor({ ...position, after: "a" });
    expect(() => decodeCursor(cursor, { ...position, namespace: "other" })).toThrow("`cursor` must be");
    expect(() => decodeCursor(cursor, { ...position, store: "redis" })).toThrow("`cursor` must be");
    expect(() => decodeCursor(`${cursor.slice(0, -2)}AA`, position)).toThrow("`cursor` must be");
  });

  it.each([
    "not json",
    "null",
    "5",
    "[]",
    '{"length":3}',
    '["memory","tenant"]',
    '["memory","tenant",5]',
    '["memory","tenant",null]',
    '["memory","tenant",""]',
    String.raw`["memory","tenant","\ud800"]`,
  ])("are rejected if forged with a valid checksum: %s", (json) => {
    const checksum = crc32(json).toString(16).padStart(8, "0");
    const cursor = Buffer.from(checksum + json).toString("base64url");
    expect(() => decodeCursor(cursor, position)).toThrow("`cursor` must be");
  });
});
