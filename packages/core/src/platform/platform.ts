/**
 * The bytes that core works with: the part of the `Buffer` of Node.js that it needs. On Node.js, Bun and Deno, they are
 * a `Buffer`, whose methods are native.
 */
export interface Bytes extends Uint8Array {
  subarray(start?: number, end?: number): Bytes;
  /** Writes `text` in UTF-8 from `offset` on. Returns the number of bytes written. */
  write(text: string, offset?: number): number;
  /** Copies the bytes from `sourceStart` on to `target`, from `targetStart` on. Returns their number. */
  copy(target: Uint8Array, targetStart?: number, sourceStart?: number): number;
  /** Compares a range of these bytes with a range of `target`: negative, 0 or positive, as for sorting. */
  compare(
    target: Uint8Array,
    targetStart?: number,
    targetEnd?: number,
    sourceStart?: number,
    sourceEnd?: number,
  ): number;
  lastIndexOf(value: number | string, from?: number): number;
  /** Reads an unsigned integer of `byteLength` bytes, at most 6, the most significant one first. */
  readUIntBE(offset: number, byteLength: number): number;
  /** Decodes a range of the bytes as UTF-8, or formats it. */
  toString(encoding?: "utf8" | "latin1" | "base64url" | "hex", start?: number, end?: number): string;
}

/** Creates {@link Bytes}, as `Buffer` does. */
export interface BytesFactory {
  /** Encodes text, by default as UTF-8. Ignores characters that the encoding does not have. */
  from(text: string, encoding?: "utf8" | "hex" | "base64url"): Bytes;
  /** Copies bytes. */
  from(bytes: Uint8Array): Bytes;
  /** Returns a view of memory. */
  from(memory: ArrayBufferLike, offset: number, length: number): Bytes;
  of(...values: number[]): Bytes;
  concat(parts: readonly Uint8Array[]): Bytes;
  alloc(length: number): Bytes;
  /** Allocates memory that it need not clear, and that no other bytes share. */
  allocUnsafeSlow(length: number): Bytes;
  /** Returns the length of `text` in UTF-8. */
  byteLength(text: string): number;
}

/** Whether and how calls are published to subscribers. */
export interface CallChannel<Message> {
  readonly hasSubscribers: boolean;
  tracePromise(run: () => Promise<void>, message: Message): Promise<void>;
}

export interface WaitOptions {
  readonly signal?: AbortSignal | undefined;
  /**
   * Whether the process stays alive until then, on runtimes that have processes.
   * @default true
   */
  readonly ref?: boolean;
}

/**
 * What core needs from a runtime and the language does not have. `#platform` is `node.ts` where the import condition
 * `node` applies, and `web.ts` elsewhere, which also recognizes Node.js.
 */
export interface Platform {
  readonly ByteBuffer: BytesFactory;
  /** Returns the CRC-32 of `data`, which continues from `value`. */
  readonly crc32: (data: string | Uint8Array, value?: number) => number;
  readonly sha256: (text: string) => Bytes;
  readonly sha256Text: (text: string, encoding: "base64url" | "hex") => string;
  readonly randomUUID: () => string;
  /** Fills at most 65,536 bytes with random ones. */
  readonly fillRandom: (bytes: Uint8Array) => void;
  /** Resolves after `delayMs`. Rejects if the signal aborts before. */
  readonly wait: (delayMs: number, options?: WaitOptions) => Promise<void>;
  /** Resolves after the event loop has handled pending events. */
  readonly immediate: () => Promise<void>;
  readonly callChannel: <Message extends object>(name: string) => CallChannel<Message>;
}
