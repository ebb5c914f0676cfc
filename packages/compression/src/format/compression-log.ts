import { continuedCrc32 } from "@threadstore/core/decorator";
import { WINDOW_BYTES } from "../codec/codec.ts";
import { corrupt } from "../errors.ts";

/** The end of a log: all that is needed to continue it. */
export interface CompressionLog {
  readonly segments: number;
  /** The length of the thread's JSON, in UTF-16 code units. */
  readonly threadLength: number;
  /** The length of all text that was replaced, in UTF-16 code units. */
  readonly replacedLength: number;
  /** The CRC-32 of all splices, in order. */
  readonly checksum: number;
  /** The last bytes of the texts that this process knows: at most a window. Empty if the log was continued by its head. */
  readonly context: Uint8Array;
}

/** A splice whose text was encoded. */
export interface EncodedSplice {
  readonly keep: number;
  readonly tail: number;
  readonly text: string;
  /** The text in UTF-8. */
  readonly bytes: Uint8Array;
}

/** The number of segments from which a log is replaced: decoding takes some microseconds for each. */
const MAX_SEGMENTS = 1000;
/** The length of replaced text that a log may contain, in addition to the length of the thread. */
export const REPLACED_MAX = 1_048_576;

export const EMPTY_LOG: CompressionLog = {
  segments: 0,
  threadLength: 0,
  replacedLength: 0,
  checksum: 0,
  context: new Uint8Array(),
};

/**
 * Returns the log after a splice, with the context of the log before it. Throws `CORRUPT` if the thread before it is
 * shorter than what the splice keeps.
 */
export function logAfter(log: CompressionLog, { keep, tail, text, bytes }: EncodedSplice): CompressionLog {
  if (keep + tail > log.threadLength) throw corrupt("A segment of the compressed thread is missing.");
  const start = continuedCrc32(`${keep},${tail},${bytes.length}:`, log.checksum);
  return {
    segments: log.segments + 1,
    threadLength: keep + text.length + tail,
    replacedLength: log.replacedLength + log.threadLength - keep - tail,
    checksum: continuedCrc32(bytes, start),
    context: log.context,
  };
}

/** Returns whether the next save must replace the log, which has too many segments, or too much text that was replaced. */
export function isFull({ segments, threadLength, replacedLength }: CompressionLog): boolean {
  return segments >= MAX_SEGMENTS || replacedLength > threadLength + REPLACED_MAX;
}

/** Returns the last bytes of texts, in order: at most a window. Copies them, because a log is kept much longer. */
export function contextOf(texts: readonly Uint8Array[]): Uint8Array {
  const length = Math.min(
    texts.reduce((sum, text) => sum + text.length, 0),
    WINDOW_BYTES,
  );
  const context = new Uint8Array(length);
  let start = length;
  for (let index = texts.length - 1; start > 0; index -= 1) {
    const text = (texts[index] ?? EMPTY_LOG.context).subarray(-start);
    start -= text.length;
    context.set(text, start);
  }
  return context;
}

const RADIX = 36;
const HEAD = /^[0-9a-z]{1,10}(?:,[0-9a-z]{1,10}){3}$/u;

/** Returns the head of a log: all but its context. */
export function headOf({ segments, threadLength, replacedLength, checksum }: CompressionLog): string {
  return [segments, threadLength, replacedLength, checksum].map((number) => number.toString(RADIX)).join(",");
}

/** Reverses `headOf`. Throws `CORRUPT` for anything else. */
export function logFromHead(head: string): CompressionLog {
  if (!HEAD.test(head)) throw corrupt("The metadata of the compressed thread have an unknown form.");
  const numbers = head.split(",").map((number) => Number.parseInt(number, RADIX));
  const [segments = 0, threadLength = 0, replacedLength = 0, checksum = 0] = numbers;
  return { ...EMPTY_LOG, segments, threadLength, replacedLength, checksum };
}
