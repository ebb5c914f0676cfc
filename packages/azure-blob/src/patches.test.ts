import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { record } from "./azurite.test-helper.ts";
import { patchBlock, recordIn, wholeBlock } from "./patches.ts";

const trailer = ',"threadstore":{}}';

/** The blob after saves of these texts, each with as much unchanged as there is. */
function blobOf(texts: readonly string[], wholeAt: ReadonlySet<number> = new Set()): Buffer {
  const blocks = texts.map((text, index) => {
    const before = texts[index - 1] ?? "";
    let unchanged = 0;
    while (unchanged < before.length && before[unchanged] === text[unchanged]) unchanged += 1;
    if (index === 0) return wholeBlock(record(text, 0, trailer));
    return patchBlock(record(text, wholeAt.has(index) ? 0 : unchanged, trailer));
  });
  return Buffer.concat(blocks);
}

describe("blocks", () => {
  test("read as lines", () => {
    expect(blobOf(['{"thread":[1', '{"thread":[1,2']).toString()).toBe(
      '{"keep":0,"append":30}\n{"thread":[1,"threadstore":{}}\n{"keep":12,"append":20}\n,2,"threadstore":{}}',
    );
  });

  test("hold the record that was saved last, to the byte, and end with its trailer", () => {
    const text = fc.string({
      unit: fc.constantFrom("a", "b", "\n", '{"keep":0,"append":1}\n', ","),
      maxLength: 12,
    });
    fc.assert(
      fc.property(fc.array(text, { minLength: 1 }), fc.array(fc.nat(9)), (texts, whole) => {
        const blob = blobOf(texts, new Set(whole));
        const { record: found, blocks } = recordIn(blob);
        expect(found.toString()).toBe(`${texts.at(-1)}${trailer}`);
        expect(blocks).toBe(texts.length);
        expect(blob.subarray(-trailer.length).toString()).toBe(trailer);
      }),
      { numRuns: 1000 },
    );
  });

  test("never leave part of a trailer to the block before", () => {
    const { bytes } = record("x", 0, trailer);
    const block = patchBlock({ ...record("x", 0, trailer), unchanged: bytes.length - 3 });
    expect(block.toString()).toContain(trailer);
  });

  test.each([
    ["a record by itself", '{"thread":{},"threadstore":{}}'],
    ["nothing", ""],
    ["a block that is cut off", '{"keep":0,"append":10}\n{"thread"'],
    ["something behind a block", '{"keep":0,"append":2}\n{}{}'],
    ["a block that keeps more than there is", '{"keep":0,"append":2}\n{}\n{"keep":3,"append":2}\n{}'],
    ["numbers that are too long", `{"keep":0,"append":${"1".repeat(80)}}\n{}`],
    ["NUL", "\0".repeat(100)],
  ])("of %s are taken as they are", (_, text) => {
    expect(recordIn(Buffer.from(text)).record.toString()).toBe(text);
  });
});
