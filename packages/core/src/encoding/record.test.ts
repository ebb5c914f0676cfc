import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TRAILER_MAX_BYTES } from "../thread-driver.ts";
import { METADATA_MAX_BYTES } from "../validation/metadata.ts";
import { ID_MAX_BYTES, NAMESPACE_MAX_BYTES } from "../validation/names.ts";
import { hasAppendKey, hashAppendKey } from "./append-keys.ts";
import { checksum } from "./checksum.ts";
import { commonPrefixLength } from "./common-prefix.ts";
import { DETAILS } from "./record-details.test-helper.ts";
import {
  decodeRecord,
  decodeTail,
  encodeRecord,
  type IncrementalJson,
  threadBytes,
  type ThreadRecord,
} from "./record.ts";

const key = { namespace: "", id: "pirate" };
const details = {
  ...DETAILS,
  ...key,
  createdAt: Date.UTC(2026, 10, 22),
  updatedAt: Date.UTC(2026, 10, 23),
};

function recordOf(json: string, replaced?: ThreadRecord): ThreadRecord {
  return encodeRecord(wholeJson(json), details, replaced).record;
}

function wholeJson(json: string): IncrementalJson {
  return { unchanged: 0, added: Buffer.from(json) };
}

function bytesOf({ bytes }: ThreadRecord): Buffer {
  return Buffer.from(bytes.slice(0, bytes.length));
}

describe("golden files", () => {
  // Every later version must read these files. Never change one; add another.
  const golden = (name: string): Buffer => readFileSync(new URL(`../golden/${name}`, import.meta.url));

  it("reads an expiry that a save named", () => {
    const record = decodeRecord({ namespace: "", id: "pirate" }, golden("record-1-fixed-expiry.json"));
    if ("corruption" in record) throw new Error(record.corruption);
    const { expiresAt, hasFixedExpiry } = record.trailer;
    expect({ expiresAt, hasFixedExpiry }).toEqual({ expiresAt: Date.UTC(9999, 0, 1), hasFixedExpiry: true });
  });

  it("reads append keys", () => {
    const record = decodeRecord({ namespace: "", id: "pirate" }, golden("record-1-append-keys.json"));
    if ("corruption" in record) throw new Error(record.corruption);
    const { appendKeys } = record.trailer;
    const keys = ["delivery-1", "delivery-2", "delivery-3"];
    expect(keys.map((each) => hasAppendKey(appendKeys, hashAppendKey(each)))).toEqual([true, true, false]);
  });

  it("reads format 1", () => {
    const record = decodeRecord({ namespace: "a%2Fb/c", id: "x/ü\u0000😀" }, golden("record-1.json"));
    if ("corruption" in record) throw new Error(record.corruption);
    expect(threadBytes(record).toString()).toBe(
      ' {"$type":"chat", "n":[1.0,-0,1e400,12345678901234567890],"e":"\\u00e9\\ud800é\u2028😀","__proto__":{"":{}}} ',
    );
    expect(record.trailer).toEqual({
      namespace: "a%2Fb/c",
      id: "x/ü\u0000😀",
      nonce: "J3s_9-xYh2vQm0aZ4kLw1A",
      createdAt: Date.UTC(2026, 10, 22, 16, 25, 0, 7),
      updatedAt: Date.UTC(2026, 10, 23),
      expiresAt: Date.UTC(9999, 0, 1),
      hasFixedExpiry: false,
      metadata: { title: 'A "joke"', ["__proto__"]: '","threadstore":{"' },
      appendKeys: "",
      size: 107,
      crc32: expect.stringMatching(/^[0-9a-f]{8}$/u),
    });
  });

  it("writes format 1 byte for byte", () => {
    const record = decodeRecord({ namespace: "a%2Fb/c", id: "x/ü\u0000😀" }, golden("record-1.json"));
    if ("corruption" in record) throw new Error(record.corruption);
    const again = encodeRecord({ unchanged: 0, added: threadBytes(record) }, record.trailer, undefined);
    expect(bytesOf(again.record).equals(golden("record-1.json"))).toBe(true);
  });

  it("reports a newer format with its remedy", () => {
    const decoded = decodeRecord(key, golden("record-2-from-the-future.json"));
    expect(decoded).toMatchObject({ corruption: expect.stringContaining("upgrade @threadstore/core") });
  });
});

it("decodes the sample in the documentation", () => {
  const documentation = readFileSync(new URL("../../../../docs/record-format.md", import.meta.url), "utf8");
  const sample = /```json\n(.*)\n```/u.exec(documentation)?.[1] ?? "";
  expect(decodeRecord(key, Buffer.from(sample))).toMatchObject({
    trailer: { size: 15, metadata: { title: "Pirates" } },
  });
});

describe("a record", () => {
  it("is a JSON document that starts with the thread", () => {
    const bytes = bytesOf(recordOf('{"a":1}'));
    expect(bytes.toString()).toMatch(/^\{"thread":\{"a":1\},"threadstore":\{"format":1,/u);
    expect(JSON.parse(bytes.toString())).toMatchObject({
      thread: { a: 1 },
      threadstore: { id: "pirate", size: 7 },
    });
  });

  it("decodes to what was encoded, for any thread and metadata", () => {
    const metadata = fc.dictionary(fc.string({ unit: "grapheme" }), fc.string({ unit: "grapheme" }));
    fc.assert(
      fc.property(fc.json(), metadata, fc.nat(), (json, threadMetadata, expiresAt) => {
        const { record, toWrite } = encodeRecord(
          wholeJson(json),
          { ...details, metadata: threadMetadata, expiresAt },
          undefined,
        );
        const decoded = decodeRecord(key, bytesOf(record));
        if ("corruption" in decoded) throw new Error(decoded.corruption);
        expect(decoded).toEqual(record);
        expect(bytesOf(decoded).equals(bytesOf(record))).toBe(true);
        expect(decodeTail(key, toWrite.bytes.subarray(-toWrite.trailerLength))).toEqual({
          trailer: record.trailer,
          start: 0,
        });
      }),
    );
  });

  it("has a trailer within the limit even if all names and metadata are escaped", () => {
    const worst = "\u0001";
    const { toWrite } = encodeRecord(
      wholeJson("{}"),
      {
        ...details,
        namespace: worst.repeat(NAMESPACE_MAX_BYTES),
        id: worst.repeat(ID_MAX_BYTES),
        expiresAt: 1,
        metadata: { a: worst.repeat(METADATA_MAX_BYTES / 6) },
      },
      undefined,
    );
    expect(toWrite.trailerLength).toBeLessThan(TRAILER_MAX_BYTES);
  });

  it("is corrupt under another key", () => {
    const bytes = bytesOf(recordOf("{}"));
    const corruption = { corruption: "it belongs to another thread" };
    expect(decodeRecord({ namespace: "", id: "other" }, bytes)).toEqual(corruption);
    expect(decodeRecord({ namespace: "other", id: "pirate" }, bytes)).toEqual(corruption);
  });

  it("is corrupt if a byte is changed, bytes are missing at either end, or all are zero", () => {
    const { record } = encodeRecord(
      wholeJson('{"a":"é"}'),
      { ...details, metadata: { title: "ü" } },
      undefined,
    );
    const bytes = bytesOf(record);
    for (let index = 0; index < bytes.length; index += 1) {
      for (const bits of [0x01, 0x20, 0x80, 0xff]) {
        const changed = Buffer.from(bytes);
        changed[index] = (changed[index] ?? 0) ^ bits;
        expect(decodeRecord(key, changed), `byte ${index} ^ ${bits}`).toHaveProperty("corruption");
      }
      expect(decodeRecord(key, bytes.subarray(0, index)), `first ${index}`).toHaveProperty("corruption");
      expect(decodeRecord(key, bytes.subarray(index + 1)), `from ${index + 1}`).toHaveProperty("corruption");
    }
    expect(decodeRecord(key, Buffer.alloc(bytes.length))).toHaveProperty("corruption");
    expect(decodeRecord(key, Buffer.concat([bytes, Buffer.alloc(1)]))).toHaveProperty("corruption");
  });
});

describe("unchanged", () => {
  it("is the length of the common prefix of both threads", () => {
    const replaced = recordOf('{"messages":["one","two"]}');
    const json = '{"messages":["one","two","three"]}';
    const { record, toWrite } = encodeRecord(wholeJson(json), details, replaced);
    expect(toWrite.unchanged).toBe('{"thread":{"messages":["one","two"'.length);
    expect(record).toEqual(recordOf(json));
    expect(bytesOf(record).equals(bytesOf(recordOf(json)))).toBe(true);
  });

  it("equals a byte-by-byte comparison and yields the same checksum", () => {
    const sizes = fc.constantFrom(0, 1, 16_383, 16_384, 16_385, 65_535, 65_536, 65_537, 131_072, 200_000);
    fc.assert(
      fc.property(sizes, sizes, fc.nat(200_000), (leftSize, rightSize, differsAt) => {
        const left = Buffer.alloc(leftSize, "x");
        const right = Buffer.alloc(rightSize, "x");
        if (differsAt < rightSize) right[differsAt] = 0;
        const expected = Math.min(leftSize, rightSize, differsAt < rightSize ? differsAt : rightSize);
        expect(commonPrefixLength(left, right)).toBe(expected);
        expect(checksum(right, checksum(left), expected)).toEqual(checksum(right));
      }),
    );
  });
});
