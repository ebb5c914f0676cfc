import { randomBytes } from "node:crypto";
import zlib from "node:zlib";
import { describe, expect, it } from "vitest";
import { type CompressedBytes, WINDOW_BYTES } from "./codec.ts";
import { CODECS } from "./codecs.test-helper.ts";
import { codec } from "./node.ts";
import { codec as codecWithoutImports } from "./web.ts";

const EMPTY = new Uint8Array();
const LAST_BLOCK = Uint8Array.of(3, 0);
const text = (length: number): Uint8Array =>
  Buffer.from("All platforms read what others write. ".repeat(length / 38 + 1)).subarray(0, length);

/** Returns the complete stream of a single compressed text. */
function streamOf({ method, data }: CompressedBytes): Uint8Array {
  return method === "d" ? Buffer.concat([data, Uint8Array.of(0, 0, 255, 255), LAST_BLOCK]) : data;
}

describe.each(Object.entries(CODECS))("the codec of %s", (_platform, reader) => {
  it.each(Object.keys(CODECS))("inflates what that of %s deflates", async (platform) => {
    for (const bytes of [EMPTY, text(1), text(500), randomBytes(70_000), text(200_000)]) {
      const compressed = await CODECS[platform]?.deflate(bytes, EMPTY, 6);
      if (compressed === undefined) throw new Error("The codec does not exist.");
      expect(Buffer.compare(await reader.inflate(streamOf(compressed), bytes.length), bytes)).toBe(0);
    }
  });

  it("decompresses Zstandard, whether or not the platform has it", async () => {
    for (const bytes of [EMPTY, text(1), text(500), randomBytes(70_000), text(300_000)]) {
      for (const level of [1, 3, 9]) {
        const data = (await codec.compressZstd?.(bytes, level))?.data ?? EMPTY;
        expect(Buffer.compare(await reader.decompressZstd(data, bytes.length), bytes)).toBe(0);
      }
    }
  });

  it("rejects DEFLATE of another length, with data after its end, or without an end", async () => {
    for (const length of [500, 200_000]) {
      const data = zlib.deflateRawSync(text(length));
      await expect(reader.inflate(data, length - 1)).rejects.toBeInstanceOf(Error);
      await expect(reader.inflate(data, length + 1)).rejects.toBeInstanceOf(Error);
      await expect(reader.inflate(Buffer.concat([data, Buffer.from("x")]), length)).rejects.toBeInstanceOf(
        Error,
      );
      await expect(reader.inflate(data.subarray(0, -1), length)).rejects.toBeInstanceOf(Error);
    }
  });

  it("stops when a bomb exceeds its length", async () => {
    const bomb = zlib.deflateRawSync(new Uint8Array(100_000_000));
    await expect(reader.inflate(bomb, 1000)).rejects.toBeInstanceOf(Error);
    await expect(reader.inflate(bomb, 100_000)).rejects.toBeInstanceOf(Error);
  });
});

it("a codec of Node.js compresses with the text before, nearly as far as the window reaches", async () => {
  const context = randomBytes(WINDOW_BYTES);
  const bytes = context.subarray(1000, 2000);
  const alone = await codec.deflate(bytes, EMPTY, 6);
  const continued = await codec.deflate(bytes, context, 6);
  expect(alone.data.length).toBeGreaterThan(1000);
  expect(continued.data.length).toBeLessThan(30);
  expect(zlib.inflateRawSync(streamOf(continued), { dictionary: context })).toEqual(bytes);
});

it("a program without the import condition of Node.js compresses as with it", async () => {
  const [bytes, context] = [text(100), text(1000)];
  expect(await codecWithoutImports.deflate(bytes, context, 6)).toEqual(
    await codec.deflate(bytes, context, 6),
  );
  expect(codecWithoutImports.compressZstd).toBeDefined();
});
