import { ByteBuffer } from "#platform";
import type { Bytes } from "../platform/platform.ts";
import { acquireBuffer, releaseBuffer } from "./buffer-pool.ts";
import { ScratchBuffer } from "./scratch-buffer.ts";

/** A buffer that holds the bytes of successive records, each of which starts like the one before. */
interface SharedBuffer {
  readonly buffer: Bytes;
  /** The record whose bytes the buffer holds completely. */
  owner: RecordBytes;
  /** The number of leading bytes that also belong to earlier records and are therefore never overwritten. */
  shared: number;
}

/** The spare part of the buffer of a record that will probably grow, relative to the size of the record. */
const SPARE_CAPACITY = 1 / 4;

/**
 * A new record of this length gets the spare part at once: copying it later would take longer than a save, and operating
 * systems provide memory when it is written.
 */
const LARGE_BYTES = 1_048_576;

const scratchBuffer = new ScratchBuffer();

/**
 * The bytes of a record. They never change. A record that replaces another is appended after their common prefix in
 * the same buffer if it fits, so the cost of a save is proportional to the addition, however long the conversation
 * is. A record with little in common with the one before, and whose text is known, keeps only that text once it is
 * stored, and encodes it on demand.
 */
export class RecordBytes {
  readonly length: number;
  /** The text before the trailer, in parts. Only known for records that can do without a buffer. */
  readonly text: readonly string[] | undefined;
  /** `undefined` once only the text is left. */
  #storage: SharedBuffer | undefined;
  /** A long text without a buffer, encoded, while it is compared with the text that replaces it. */
  #encoded: Bytes | undefined;
  /** The last bytes of this record, if the next one overwrote them in the buffer. */
  #overwritten: Bytes | undefined;

  private constructor(
    length: number,
    storage: Bytes | SharedBuffer,
    { text, shared = 0 }: { readonly text?: readonly string[]; readonly shared?: number } = {},
  ) {
    this.length = length;
    this.text = text;
    // Not by class: in a test environment with another realm, a `Buffer` is not an instance of the global `Uint8Array`.
    this.#storage = "owner" in storage ? storage : { buffer: storage, owner: this, shared };
  }

  /** Wraps bytes that other code may hold, and that are therefore never written to. */
  static of(bytes: Bytes): RecordBytes {
    return new RecordBytes(bytes.length, bytes, { shared: Number.POSITIVE_INFINITY });
  }

  /**
   * Creates the bytes of a record whose first `unchanged` bytes are those of `replaced`. The caller must write the
   * other bytes to `whole` before it publishes the record. `text`, if known, is the text before the trailer.
   */
  static replacing(
    replaced: RecordBytes | undefined,
    unchanged: number,
    length: number,
    text?: readonly string[],
  ): { bytes: RecordBytes; whole: Bytes } {
    const appended = replaced === undefined ? undefined : replaced.#append(unchanged, length);
    const bytes = appended ?? RecordBytes.#copy(replaced, unchanged, length, text);
    if (replaced !== undefined) replaced.#encoded = undefined;
    return { bytes, whole: bytes.slice(0, length) };
  }

  /** Returns a range of the bytes. Valid until this record is replaced or another record is sliced. */
  slice(from: number, to: number): Bytes {
    if (this.#storage === undefined) return this.#encodedText(to).subarray(from, to);
    const { buffer } = this.#storage;
    const overwritten = this.#overwritten;
    if (overwritten === undefined) return buffer.subarray(from, to);
    const intact = this.length - overwritten.length;
    if (to <= intact) return buffer.subarray(from, to);
    const end = overwritten.subarray(Math.max(0, from - intact), to - intact);
    return from >= intact ? end : ByteBuffer.concat([buffer.subarray(from, intact), end]);
  }

  /** Releases the buffer if the text suffices. The caller must no longer use the result of `replacing`. */
  releaseBuffer(): void {
    if (this.text === undefined || this.#storage?.owner !== this || this.#storage.shared > 0) return;
    releaseBuffer(this.#storage.buffer);
    this.#storage = undefined;
  }

  /** Returns at least the first `to` bytes of the text. Encoding a long text several times would cost more than a save. */
  #encodedText(to: number): Bytes {
    const text = this.text ?? [];
    if (to <= ScratchBuffer.MAX_BYTES) return encodePrefix(text, to);
    this.#encoded ??= ByteBuffer.from(text.join(""));
    return this.#encoded;
  }

  /** Makes room for the next record in the same buffer, if that is possible and saves copying. */
  #append(unchanged: number, length: number): RecordBytes | undefined {
    const storage = this.#storage;
    if (storage?.owner !== this || unchanged < storage.shared || length > storage.buffer.length) {
      return undefined;
    }
    // Copying the common prefix to a new buffer then moves fewer bytes.
    if (unchanged === 0 || this.length - unchanged > unchanged) return undefined;
    this.#overwritten = ByteBuffer.from(storage.buffer.subarray(unchanged, this.length));
    storage.shared = unchanged;
    storage.owner = new RecordBytes(length, storage);
    return storage.owner;
  }

  static #copy(
    replaced: RecordBytes | undefined,
    unchanged: number,
    length: number,
    text: readonly string[] | undefined,
  ): RecordBytes {
    const isMostlyUnchanged = length - unchanged <= unchanged;
    const prefix = replaced?.slice(0, unchanged);
    const isPooled = text !== undefined && !isMostlyUnchanged;
    const mayGrow = isMostlyUnchanged || length >= LARGE_BYTES;
    const capacity = mayGrow ? length + Math.ceil(length * SPARE_CAPACITY) : length;
    const buffer = isPooled ? acquireBuffer(length) : ByteBuffer.allocUnsafeSlow(capacity);
    prefix?.copy(buffer);
    return new RecordBytes(length, buffer, isPooled ? { text } : {});
  }
}

/** Encodes at least the first `to` bytes of the concatenation of `texts`. */
function encodePrefix(texts: readonly string[], to: number): Bytes {
  // Every UTF-16 unit takes at least one byte. One more unit, because slicing may split a surrogate pair.
  return scratchBuffer.encode(texts.map((text) => text.slice(0, to + 1)));
}
