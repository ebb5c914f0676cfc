import { base85ToBytes } from "@threadstore/core/decorator";
import { type Codec, WINDOW_BYTES } from "../codec/codec.ts";
import type { StoredText } from "./stored-segment.ts";

/** Ends a stream: an empty block that is marked as the last one. */
const LAST_BLOCK = Uint8Array.of(3, 0);
/** Completes a flush: the empty stored block that writers leave out. */
const FLUSH_END = Uint8Array.of(0, 0, 255, 255);

/**
 * Decompresses the texts of a log. Texts of the method `d` are one DEFLATE stream, which also refers to the texts between
 * them; those are put into it as stored blocks. Rejects if the data are damaged.
 */
export async function decodeTexts(
  codec: Codec,
  stored: readonly StoredText[],
): Promise<readonly Uint8Array[]> {
  const stream = new DeflateStream();
  const texts: (Uint8Array | { readonly start: number; readonly end: number })[] = [];
  for (const text of stored) {
    if ("text" in text || text.method !== "d") {
      const bytes = await decodeAlone(codec, text);
      stream.addText(bytes);
      texts.push(bytes);
    } else {
      texts.push(stream.addBlocks(base85ToBytes(text.data), text.length));
    }
  }
  const inflated = await stream.inflate(codec);
  return texts.map((text) => ("start" in text ? inflated.subarray(text.start, text.end) : text));
}

const encoder = new TextEncoder();

async function decodeAlone(codec: Codec, stored: StoredText): Promise<Uint8Array> {
  if ("text" in stored) return encoder.encode(stored.text);
  const data = base85ToBytes(stored.data);
  return stored.method === "z"
    ? codec.decompressZstd(data, stored.length)
    : codec.inflate(data, stored.length);
}

/** A DEFLATE stream, assembled from compressed texts and texts between them. */
class DeflateStream {
  readonly #parts: Uint8Array[] = [];
  /** Texts that only belong into the stream if compressed text follows. */
  #pending: Uint8Array[] = [];
  #length = 0;

  /** Adds the end of a text to which later texts may refer. */
  addText(bytes: Uint8Array): void {
    if (bytes.length > 0) this.#pending.push(bytes.subarray(-WINDOW_BYTES));
  }

  /** Adds compressed text of this length. Returns its position in the inflated stream. */
  addBlocks(data: Uint8Array, length: number): { readonly start: number; readonly end: number } {
    for (const text of this.#pending) {
      this.#parts.push(storedBlock(text.length), text);
      this.#length += text.length;
    }
    this.#pending = [];
    this.#parts.push(data, FLUSH_END);
    const start = this.#length;
    this.#length += length;
    return { start, end: this.#length };
  }

  async inflate(codec: Codec): Promise<Uint8Array> {
    if (this.#parts.length === 0) return new Uint8Array();
    return codec.inflate(concatenated([...this.#parts, LAST_BLOCK]), this.#length);
  }
}

/** Returns the header of a stored block. It starts at a byte boundary, because each flush ends at one. */
function storedBlock(length: number): Uint8Array {
  const [low, high] = [length & 255, length >> 8];
  return Uint8Array.of(0, low, high, low ^ 255, high ^ 255);
}

function concatenated(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}
