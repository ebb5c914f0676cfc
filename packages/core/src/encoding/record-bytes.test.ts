import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { RecordBytes } from "./record-bytes.ts";

function follow(base: RecordBytes | undefined, unchanged: number, added: string): RecordBytes {
  const { bytes, whole } = RecordBytes.following(base, unchanged, unchanged + added.length);
  whole.write(added, unchanged, "latin1");
  return bytes;
}

/** As `follow`, of bytes that are a text. */
function followText(base: RecordBytes | undefined, unchanged: number, text: string): RecordBytes {
  const { bytes, whole } = RecordBytes.following(base, unchanged, text.length, [
    text.slice(0, 2),
    text.slice(2),
  ]);
  whole.write(text.slice(unchanged), unchanged, "latin1");
  return bytes;
}

function textOf(bytes: RecordBytes): string {
  return bytes.slice(0, bytes.length).toString("latin1");
}

describe("the bytes of a record", () => {
  it("never change, whatever follows them, and which ever of them it follows", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 40 });
    const step = fc.record({
      base: fc.nat(),
      unchanged: fc.nat(),
      added: text,
      isText: fc.boolean(),
      stored: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), fc.nat(), fc.nat(), (steps, left, right) => {
        const records = [{ bytes: RecordBytes.of(Buffer.from("the first")), text: "the first" }];
        for (const { base: index, unchanged, added, isText, stored } of steps) {
          const base = records[index % records.length] ?? { bytes: undefined, text: "" };
          const kept = unchanged % (base.text.length + 1);
          const whole = base.text.slice(0, kept) + added;
          const bytes = isText ? followText(base.bytes, kept, whole) : follow(base.bytes, kept, added);
          if (stored) bytes.keepText();
          records.push({ bytes, text: whole });
          for (const each of records) expect(textOf(each.bytes)).toBe(each.text);
        }
        for (const each of records) {
          const places = [left, right].map((at) => at % (each.text.length + 1));
          const [from = 0, to = 0] = places.toSorted((a, b) => a - b);
          expect(each.bytes.slice(from, to).toString("latin1")).toBe(each.text.slice(from, to));
        }
      }),
    );
  });

  it("that were given are never written to", () => {
    const given = Buffer.from("a long one, which others may have, too");
    const bytes = RecordBytes.of(given);
    expect(textOf(follow(bytes, 30, "!"))).toBe("a long one, which others may h!");
    expect(given.toString()).toBe("a long one, which others may have, too");
  });

  it("need no new memory where whole texts replace one another", () => {
    const texts = ["a", "b"].map((letter) => letter.repeat(50_000));
    let bytes = followText(undefined, 0, texts[0] ?? "");
    bytes.keepText();
    const allocate = vi.spyOn(Buffer, "allocUnsafeSlow");
    for (let save = 1; save < 100; save += 1) {
      const text = texts[save % 2] ?? "";
      bytes = followText(bytes, 0, text);
      bytes.keepText();
      expect(textOf(bytes)).toBe(text);
    }
    expect(allocate.mock.calls.length).toBeLessThan(3);
    allocate.mockRestore();
  });

  it("that are a text have any bytes of it, also between the units of a character", () => {
    const text = "ü😀é".repeat(50);
    const expected = Buffer.from(text);
    const { bytes, whole } = RecordBytes.following(undefined, 0, expected.length, [text]);
    expected.copy(whole);
    bytes.keepText();
    whole.fill(0);
    for (let to = 0; to <= expected.length; to += 1) {
      expect(bytes.slice(0, to).equals(expected.subarray(0, to)), `to ${to}`).toBe(true);
    }
  });

  it("are moved only now and then while a conversation grows", () => {
    let bytes = follow(undefined, 0, "x".repeat(10_000));
    const allocate = vi.spyOn(Buffer, "allocUnsafeSlow");
    for (let turn = 0; turn < 800; turn += 1) bytes = follow(bytes, bytes.length - 300, "x".repeat(1_300));
    expect(allocate.mock.calls.length).toBeLessThan(30);
    allocate.mockRestore();
    expect(bytes.length).toBe(810_000);
  });
});
