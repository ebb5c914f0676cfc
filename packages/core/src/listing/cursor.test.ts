import { crc32 } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeCursor, encodeCursor } from "./cursor.ts";

const text = fc.string({ unit: "grapheme", minLength: 1, maxLength: 8 });

describe("cursors", () => {
  const listing = { store: "memory", namespace: "tenant", order: "id", prefix: "", where: {} } as const;

  it("encode a position", () => {
    fc.assert(
      fc.property(text, (after) => {
        expect(decodeCursor(encodeCursor(listing, after), listing)).toBe(after);
      }),
    );
  });

  it.each([
    { namespace: "other" },
    { store: "redis" },
    { order: "updated" as const },
    { prefix: "user-" },
    { where: { owner: "ann" } },
    { where: { "": "" } },
  ])("of a listing with %j are rejected by others", (other) => {
    const otherListing = { ...listing, ...other };
    const cursor = encodeCursor(otherListing, "user-1");
    expect(decodeCursor(cursor, otherListing)).toBe("user-1");
    for (const wrong of [listing, { ...otherListing, prefix: "user" }, { ...otherListing, where: { a: "" } }])
      expect(() => decodeCursor(cursor, wrong)).toThrow("`cursor` must be");
    expect(() => decodeCursor(encodeCursor(listing, "user-1"), otherListing)).toThrow("`cursor` must be");
  });

  it("do not depend on the order of the members of where, and do not contain them", () => {
    const where = { owner: "ann", kind: "chat" };
    const cursor = encodeCursor({ ...listing, where }, "a");
    expect(decodeCursor(cursor, { ...listing, where: { kind: "chat", owner: "ann" } })).toBe("a");
    expect(Buffer.from(cursor, "base64url").toString()).not.toMatch(/ann|chat/u);
  });

  it.each(["", "x", "AAAAAAAAAAAAAAAA", 5, null])("are rejected if malformed: %j", (cursor) => {
    expect(() => decodeCursor(cursor, listing)).toThrow("`cursor` must be");
  });

  it("are rejected if changed", () => {
    const cursor = encodeCursor(listing, "a");
    expect(() => decodeCursor(`${cursor.slice(0, -2)}AA`, listing)).toThrow("`cursor` must be");
  });

  it.each([
    "not json",
    "null",
    "5",
    "[]",
    '{"length":3}',
    '["a","memory","tenant","id",""]',
    '["a","memory","tenant","id","","",""]',
    '[5,"memory","tenant","id","",""]',
    '[null,"memory","tenant","id","",""]',
    '["","memory","tenant","id","",""]',
    String.raw`["\ud800","memory","tenant","id","",""]`,
  ])("are rejected if forged with a valid checksum: %s", (json) => {
    const checksum = crc32(json).toString(16).padStart(8, "0");
    const cursor = Buffer.from(checksum + json).toString("base64url");
    expect(() => decodeCursor(cursor, listing)).toThrow("`cursor` must be");
  });
});
