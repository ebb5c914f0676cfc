import { type JsonValue, ThreadStoreError } from "@threadstore/core";
import {
  PLAIN_METADATA,
  type ReadLog,
  type SegmentFormat,
  type Splice,
  type StoredLog,
  type WrittenSegments,
} from "@threadstore/core/decorator";
import { corrupt } from "../errors.ts";
import type { ResolvedOptions } from "../options.ts";
import {
  type CompressionLog,
  contextOf,
  EMPTY_LOG,
  headOf,
  isFull,
  logAfter,
  logFromHead,
  REPLACED_MAX,
} from "./compression-log.ts";
import { decodeTexts } from "./decode-texts.ts";
import { encodeText } from "./encode-text.ts";
import { segmentFromJson, segmentToJson, type StoredSegment } from "./stored-segment.ts";

const FORMAT = 1;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Returns the format of compressed threads. */
export function compressionFormat(options: ResolvedOptions): SegmentFormat<CompressionLog> {
  return {
    name: "compression",
    keepsVersions: false,
    start: (_location, { json }) => encode(options, EMPTY_LOG, { keep: 0, text: json, tail: 0 }),
    isFull,
    write: (log, { splice }) => encode(options, log, splice),
    resume: async (_location, { head }) => logFromHead(head),
    read: (_location, stored) => read(options, stored),
    acceptPlainThread: () => undefined,
    header: () => ({ format: FORMAT }),
    head: headOf,
    metadata: PLAIN_METADATA,
  };
}

async function encode(
  options: ResolvedOptions,
  log: CompressionLog,
  { keep, text, tail }: Splice,
): Promise<WrittenSegments<CompressionLog>> {
  const bytes = encoder.encode(text);
  const stored = await encodeText(options, log.context, text, bytes);
  const next = logAfter(log, { keep, tail, text, bytes });
  return {
    log: { ...next, context: contextOf([log.context, bytes]) },
    segments: [segmentToJson({ keep, tail, stored })],
  };
}

async function read(
  options: ResolvedOptions,
  { header, segments: json, head }: StoredLog,
): Promise<ReadLog<CompressionLog>> {
  checkHeader(header);
  const expected = logFromHead(head);
  const segments = json.map(segmentFromJson);
  checkLengths(options.maxThreadBytes, segments);
  const { splices, log } = await decodeSplices(options, segments);
  checkEnd(log, expected);
  return { log, splices };
}

async function decodeSplices(
  { codec, maxThreadBytes }: ResolvedOptions,
  segments: readonly StoredSegment[],
): Promise<ReadLog<CompressionLog>> {
  try {
    const texts = await decodeTexts(
      codec,
      segments.map(({ stored }) => stored),
    );
    const splices: Splice[] = [];
    let log = EMPTY_LOG;
    for (const [index, { keep, tail, stored }] of segments.entries()) {
      const bytes = texts[index] ?? EMPTY_LOG.context;
      const text = "text" in stored ? stored.text : decoder.decode(bytes);
      log = logAfter(log, { keep, tail, text, bytes });
      checkThreadLength(maxThreadBytes, log.threadLength);
      splices.push({ keep, text, tail });
    }
    return { splices, log: { ...log, context: contextOf(texts) } };
  } catch (error) {
    if (ThreadStoreError.is(error)) throw error;
    throw corrupt("The compressed thread cannot be decompressed.", undefined, error);
  }
}

function checkHeader(header: JsonValue): void {
  if (typeof header === "object" && header !== null && "format" in header && header["format"] === FORMAT)
    return;
  throw corrupt(
    "The compressed thread has a format that this version does not know.",
    "Upgrade @threadstore/compression",
  );
}

/** Checks the lengths that the segments state, before anything is decompressed. */
function checkLengths(maxThreadBytes: number, segments: readonly StoredSegment[]): void {
  const lengths = segments.map(({ stored }) => ("text" in stored ? stored.text.length : stored.length));
  checkThreadLength(maxThreadBytes, Math.max(...lengths, 0));
  checkThreadLength(
    maxLogBytes(maxThreadBytes),
    lengths.reduce((sum, length) => sum + length, 0),
  );
}

/**
 * Returns the most bytes of text that a log can contain. Before its last save, `isFull` allows text that was replaced up to
 * this many code units, each of up to three bytes. That save replaces one more thread, and adds another.
 */
function maxLogBytes(maxThreadBytes: number): number {
  return 3 * (maxThreadBytes + REPLACED_MAX) + 2 * maxThreadBytes;
}

function checkThreadLength(max: number, length: number): void {
  if (length <= max) return;
  throw corrupt(
    "The compressed thread is larger than `maxThreadBytes` of `withCompression`.",
    "Raise the limit if you trust the record",
  );
}

function checkEnd(log: CompressionLog, expected: CompressionLog): void {
  const numbers = ["segments", "threadLength", "replacedLength", "checksum"] as const;
  if (numbers.every((name) => log[name] === expected[name])) return;
  throw corrupt("The compressed thread does not match its checksum.");
}
