import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { RecordBytes } from "./record-bytes.ts";

function follow(base: RecordBytes | undefined, unchanged: number, added: string): RecordBytes {
  const { bytes, whole } = RecordBytes.following(base, unchanged, unchanged + added.length);
  whole.write(added, unchanged, "latin1");
  return bytes;
}

function textOf(bytes: RecordBytes): string {
  return bytes.slice(0, bytes.length).toString("latin1");
}

describe("the bytes of a record", () => {
  it("never change, whatever follows them, and which ever of them it follows", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 40 });
    const step = fc.record({ base: fc.nat(), unchanged: fc.nat(), added: text });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), fc.nat(), fc.nat(), (steps, left, right) => {
        const records = [{ bytes: RecordBytes.of(Buffer.from("the first")), text: "the first" }];
        for (const { base: index, unchanged, added } of steps) {
          const base = records[index % records.length] ?? { bytes: undefined, text: "" };
          const kept = unchanged % (base.text.length + 1);
          const bytes = follow(base.bytes, kept, added);
          records.push({ bytes, text: base.text.slice(0, kept) + added });
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

  it("are moved only now and then while a conversation grows", () => {
    let bytes = follow(undefined, 0, "x".repeat(10_000));
    const allocate = vi.spyOn(Buffer, "allocUnsafeSlow");
    for (let turn = 0; turn < 800; turn += 1) bytes = follow(bytes, bytes.length - 300, "x".repeat(1_300));
    expect(allocate.mock.calls.length).toBeLessThan(30);
    allocate.mockRestore();
    expect(bytes.length).toBe(810_000);
  });
});
