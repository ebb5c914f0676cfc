import { expect, test } from "vitest";
import { ScratchBuffer } from "./scratch-buffer.ts";

/** The size of a new buffer. */
const INITIAL = 65_536;

test.each(["a", "é", "€", "😀", "\ud800"])(
  "texts of %j are complete, whatever their length relative to the buffer",
  (character) => {
    const size = Buffer.byteLength(character);
    for (let bytes = INITIAL - 8; bytes <= INITIAL + 8; bytes += 1) {
      const text = "a".repeat(bytes % size) + character.repeat(Math.floor(bytes / size));
      const expected = Buffer.from(text);
      expect(expected.equals(new ScratchBuffer().encode([text])), `${bytes} bytes`).toBe(true);
      expect(Buffer.from(`[${text}`).equals(new ScratchBuffer().encode(["[", text])), `${bytes} bytes`).toBe(
        true,
      );
    }
  },
);

test("a text that is larger than any buffer gets its own memory", () => {
  const buffer = new ScratchBuffer();
  const text = "é".repeat(ScratchBuffer.MAX_BYTES / 2 + 1);
  const bytes = buffer.encode([text]);
  buffer.encode(["x"]);
  expect(Buffer.from(text).equals(bytes)).toBe(true);
});
