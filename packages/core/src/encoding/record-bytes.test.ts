import fc from "fast-check";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { RecordBytes } from "./record-bytes.ts";

function replace(replaced: RecordBytes | undefined, unchanged: number, added: string): RecordBytes {
  const { bytes, whole } = RecordBytes.replacing(replaced, unchanged, unchanged + added.length);
  whole.write(added, unchanged);
  return bytes;
}

/** Like `replace`, with a known text. */
function replaceText(replaced: RecordBytes | undefined, unchanged: number, text: string): RecordBytes {
  const { bytes, whole } = RecordBytes.replacing(replaced, unchanged, text.length, [
    text.slice(0, 2),
    text.slice(2),
  ]);
  whole.write(text.slice(unchanged), unchanged);
  return bytes;
}

function textOf(bytes: RecordBytes): string {
  return bytes.slice(0, bytes.length).toString("latin1");
}

describe("the bytes of a record", () => {
  it("never change, whichever records replace them", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 40 });
    const step = fc.record({
      replaced: fc.nat(),
      unchanged: fc.nat(),
      added: text,
      isText: fc.boolean(),
      stored: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), fc.nat(), fc.nat(), (steps, left, right) => {
        const records = [{ bytes: RecordBytes.of(Buffer.from("the first")), text: "the first" }];
        for (const { replaced: index, unchanged, added, isText, stored } of steps) {
          const replaced = records[index % records.length] ?? { bytes: undefined, text: "" };
          const length = unchanged % (replaced.text.length + 1);
          const whole = replaced.text.slice(0, length) + added;
          const bytes = isText
            ? replaceText(replaced.bytes, length, whole)
            : replace(replaced.bytes, length, added);
          if (stored) bytes.releaseBuffer();
          records.push({ bytes, text: whole });
          for (const each of records) expect(textOf(each.bytes)).toBe(each.text);
        }
        for (const each of records) {
          const offsets = [left, right].map((offset) => offset % (each.text.length + 1));
          const [from = 0, to = 0] = offsets.toSorted((a, b) => a - b);
          expect(each.bytes.slice(from, to).toString("latin1")).toBe(each.text.slice(from, to));
        }
      }),
    );
  });

  it("are never written to if they were passed in", () => {
    const shared = Buffer.from("bytes that other code may hold as well");
    const bytes = RecordBytes.of(shared);
    expect(textOf(replace(bytes, 30, "!"))).toBe("bytes that other code may hold!");
    expect(shared.toString()).toBe("bytes that other code may hold as well");
  });

  it("are complete where the global `Uint8Array` is not the one of `Buffer`", () => {
    vi.stubGlobal("Uint8Array", class extends Uint8Array {});
    onTestFinished(() => void vi.unstubAllGlobals());
    const bytes = replaceText(undefined, 0, "abcdef");
    expect(textOf(bytes)).toBe("abcdef");
    expect(textOf(replace(bytes, 4, "gh"))).toBe("abcdgh");
    expect(textOf(RecordBytes.of(Buffer.from("abc")))).toBe("abc");
  });

  it("need no new buffers while complete texts replace one another", () => {
    const texts = ["a", "b"].map((letter) => letter.repeat(50_000));
    let bytes = replaceText(undefined, 0, texts[0] ?? "");
    bytes.releaseBuffer();
    const allocate = vi.spyOn(Buffer, "allocUnsafeSlow");
    for (let save = 1; save < 100; save += 1) {
      const text = texts[save % 2] ?? "";
      bytes = replaceText(bytes, 0, text);
      bytes.releaseBuffer();
      expect(textOf(bytes)).toBe(text);
    }
    expect(allocate.mock.calls.length).toBeLessThan(3);
    allocate.mockRestore();
  });

  it("can be sliced anywhere if only the text is left, even within a character", () => {
    const text = "ü😀é".repeat(50);
    const expected = Buffer.from(text);
    const { bytes, whole } = RecordBytes.replacing(undefined, 0, expected.length, [text]);
    expected.copy(whole);
    bytes.releaseBuffer();
    whole.fill(0);
    for (let to = 0; to <= expected.length; to += 1) {
      expect(expected.subarray(0, to).equals(bytes.slice(0, to)), `to ${to}`).toBe(true);
    }
  });

  it("are rarely copied while a conversation grows", () => {
    let bytes = replace(undefined, 0, "x".repeat(10_000));
    const allocate = vi.spyOn(Buffer, "allocUnsafeSlow");
    for (let turn = 0; turn < 800; turn += 1) bytes = replace(bytes, bytes.length - 300, "x".repeat(1_300));
    expect(allocate.mock.calls.length).toBeLessThan(30);
    allocate.mockRestore();
    expect(bytes.length).toBe(810_000);
  });
});
