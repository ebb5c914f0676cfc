import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { record } from "./azurite.test-helper.ts";
import { changeBlock, decodeBlocks, lastBlockIn, patchBlock, wholeRecordBlock } from "./blocks.ts";

const trailer = ',"threadstore":{}}';

/** Returns the content of a blob after saves of these texts. The saves in `wholeAt` do not reuse any bytes. */
function contentAfter(texts: readonly string[], wholeAt: ReadonlySet<number> = new Set()): Buffer {
  const blocks = texts.map((text, index) => {
    const previous = texts[index - 1] ?? "";
    let unchanged = 0;
    while (unchanged < previous.length && previous[unchanged] === text[unchanged]) unchanged += 1;
    if (index === 0) return wholeRecordBlock(record(text, 0, trailer).bytes);
    return changeBlock(record(text, wholeAt.has(index) ? 0 : unchanged, trailer));
  });
  return Buffer.concat(blocks);
}

describe("blocks", () => {
  test("are readable lines", () => {
    expect(contentAfter(['{"thread":[1', '{"thread":[1,2']).toString()).toBe(
      '{"keep":0,"append":30}\n{"thread":[1,"threadstore":{}}\n{"keep":12,"append":20}\n,2,"threadstore":{}}',
    );
  });

  test("decode to exactly the last record, and end with its trailer", () => {
    const text = fc.string({
      unit: fc.constantFrom("a", "b", "\n", '{"keep":0,"append":1}\n', ","),
      maxLength: 12,
    });
    fc.assert(
      fc.property(fc.array(text, { minLength: 1 }), fc.array(fc.nat(9)), (texts, whole) => {
        const content = contentAfter(texts, new Set(whole));
        const { record: decoded, blockCount } = decodeBlocks(content);
        expect(decoded.toString()).toBe(`${texts.at(-1)}${trailer}`);
        expect(blockCount).toBe(texts.length);
        expect(content.subarray(-trailer.length).toString()).toBe(trailer);
      }),
      { numRuns: 1000 },
    );
  });

  test("are copied only if there are several, so that a record does not keep outdated bytes", () => {
    // Too long for the buffers that Node.js shares.
    const [old, changed] = ["x".repeat(200_000), "y".repeat(200_000)];
    const once = contentAfter([old]);
    expect(decodeBlocks(once).record.buffer === once.buffer).toBe(true);
    const { record: decoded } = decodeBlocks(contentAfter([old, changed]));
    expect(decoded.buffer.byteLength).toBe(decoded.length);
  });

  test("of a long record contain the bytes before the trailer that an append needs", () => {
    const payload = "x".repeat(20_000);
    const block = changeBlock(record(payload, payload.length, trailer));
    expect(block.toString()).toBe(`\n{"keep":19936,"append":82}\n${"x".repeat(64)}${trailer}`);
  });

  test("always contain the whole trailer", () => {
    const { bytes } = record("x", 0, trailer);
    const block = changeBlock({ ...record("x", 0, trailer), unchanged: bytes.length - 3 });
    expect(block.toString()).toContain(trailer);
  });

  test.each([
    ["a plain record", '{"thread":{},"threadstore":{}}'],
    ["nothing", ""],
    ["a truncated block", '{"keep":0,"append":10}\n{"thread"'],
    ["other bytes after a block", '{"keep":0,"append":2}\n{}{}'],
    [
      "a block that keeps more bytes than the record has",
      '{"keep":0,"append":2}\n{}\n{"keep":3,"append":2}\n{}',
    ],
    ["a length with too many digits", `{"keep":0,"append":${"1".repeat(80)}}\n{}`],
    ["NUL bytes", "\0".repeat(100)],
  ])("%s: the content is returned as the record", (_, text) => {
    expect(decodeBlocks(Buffer.from(text)).record.toString()).toBe(text);
  });
});

describe("the last block in the end of a blob", () => {
  const block = patchBlock(100, Buffer.from("content of the block"));
  const blob = Buffer.concat([Buffer.from("x".repeat(200)), block]);

  it("is found by its header", () => {
    expect(lastBlockIn(blob)?.toString()).toBe("content of the block");
  });

  it("starts at a header that fits, not at content that looks like one", () => {
    const content = Buffer.from(`before\n{"keep":1,"append":2}\n${"y".repeat(100)}`);
    const end = Buffer.concat([blob, patchBlock(10, content)]);
    expect(lastBlockIn(end)?.toString()).toBe(content.toString());
  });

  it("is a part of the record in one piece, however few bytes there are", () => {
    const text = fc.string({
      unit: fc.constantFrom("a", "b", "\n", '\n{"keep":0,"append":40}\n', '\n{"keep":3,"append":28}\n'),
      maxLength: 30,
    });
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(fc.array(text, { minLength: 1 }), share, (texts, start) => {
        const content = contentAfter(texts);
        const part = lastBlockIn(content.subarray(Math.floor(start * content.length)));
        expect(`${texts.at(-1)}${trailer}`.endsWith(part?.toString() ?? "")).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  it("is the end of the bytes if the block starts before them, without a header that is cut off", () => {
    expect(lastBlockIn(Buffer.from("z".repeat(100)))?.toString()).toBe("z".repeat(36));
    expect(lastBlockIn(Buffer.from("z".repeat(20)))).toBeUndefined();
  });
});
