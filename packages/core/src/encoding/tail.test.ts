import { describe, expect, it } from "vitest";
import { TRAILER_MAX_BYTES } from "../thread-driver.ts";
import { DETAILS } from "./record-details.test-helper.ts";
import { decodeTail, encodeRecord } from "./record.ts";
import { keyInTail, readWholeTrailer, tailOf } from "./tail.ts";

const KEY = { namespace: "a%2Fb", id: "x/ü\u0000😀" };

function recordOf(
  metadataBytes: number,
  threadBytes = 100_000,
): { bytes: Uint8Array; trailerLength: number } {
  const json = `{"text":"${"x".repeat(threadBytes)}","a":0,"threadstore":{}}`;
  const metadata = { text: ',"threadstore":{'.repeat(2) + "m".repeat(metadataBytes) };
  const details = { ...DETAILS, ...KEY, metadata };
  return encodeRecord({ unchanged: 0, added: Buffer.from(json) }, details, undefined).toWrite;
}

/** Reads the tail of the record as a driver does, and returns it with the lengths that were requested. */
async function read(record: Uint8Array): Promise<{ tail: Uint8Array; lengths: number[] }> {
  const lengths: number[] = [];
  const tail = await readWholeTrailer(
    async (length) => {
      lengths.push(length);
      return record.subarray(-length);
    },
    (bytes) => bytes,
  );
  return { tail, lengths };
}

describe("readWholeTrailer", () => {
  it("reads 16 KiB, and 80 KiB only of a record whose trailer is longer", async () => {
    for (const [metadataBytes, expected] of [
      [0, [16_384]],
      [12_000, [16_384]],
      [17_000, [16_384, TRAILER_MAX_BYTES]],
      [65_000, [16_384, TRAILER_MAX_BYTES]],
    ] as const) {
      const { bytes } = recordOf(metadataBytes);
      const { tail, lengths } = await read(bytes);
      expect(lengths).toEqual(expected);
      expect(decodeTail(KEY, tail)).toMatchObject({ trailer: KEY });
    }
  });

  it("reads more of a record whose trailer starts one byte before the bytes that it read", async () => {
    const { trailerLength } = recordOf(15_000);
    for (const [extra, requests] of [
      [16_384 - trailerLength, 1],
      [16_385 - trailerLength, 2],
    ] as const) {
      const { bytes } = recordOf(15_000 + extra);
      expect((await read(bytes)).lengths).toHaveLength(requests);
    }
  });

  it("does not read more of a short record, a missing one, or one without a trailer", async () => {
    expect((await read(recordOf(0, 10).bytes)).lengths).toEqual([16_384]);
    expect((await read(Buffer.alloc(1000))).lengths).toEqual([16_384]);
    const missing = await readWholeTrailer<Uint8Array | undefined>(
      async () => undefined,
      (bytes) => bytes,
    );
    expect(missing).toBeUndefined();
  });
});

describe("tailOf", () => {
  it("is exactly the trailer of a record, and the end of a corrupt one", () => {
    for (const metadataBytes of [0, 65_000]) {
      const { bytes, trailerLength } = recordOf(metadataBytes);
      expect(tailOf(bytes)).toEqual(bytes.subarray(-trailerLength));
    }
    expect(tailOf(Buffer.alloc(100_000))).toHaveLength(TRAILER_MAX_BYTES);
    expect(tailOf(new Uint8Array())).toHaveLength(0);
  });
});

describe("keyInTail", () => {
  it("is the key in the trailer; undefined if the trailer is corrupt", () => {
    const { bytes } = recordOf(0);
    expect(keyInTail(bytes.subarray(-1000))).toEqual(KEY);
    for (const position of [-1, -3, -100, -200]) {
      const corrupt = Uint8Array.from(bytes.subarray(-1000));
      corrupt[1000 + position] = (corrupt[1000 + position] ?? 0) ^ 1;
      expect(keyInTail(corrupt)).toBeUndefined();
    }
    expect(keyInTail(new Uint8Array())).toBeUndefined();
  });
});
