import type { JsonValue } from "@threadstore/core";
import {
  bytesToBase85,
  type MetadataFormat,
  type ReadLog,
  type SegmentFormat,
  type SegmentLocation,
  type Splice,
  type StoredHead,
  type StoredLog,
  type ThreadChange,
  type WholeThread,
  type WrittenSegments,
} from "@threadstore/core/decorator";
import type { Bytes } from "../crypto/platform.ts";
import { corrupt, plainThread } from "../errors.ts";
import { findKey } from "../keys/find-key.ts";
import type { KeyProvider, MissingKeys } from "../keys/key-provider.ts";
import { type SealingKey, sealingKey } from "../keys/sealing-key.ts";
import { areEqual, decodeBytes } from "./bytes.ts";
import { encodeHead, type LogEnd, type ParsedHead, parseHead, verifyHead } from "./head.ts";
import { encodeHeader, parseHeader } from "./header.ts";
import { linkTo, NO_LINK, openSegment, sealSegment, threadContext } from "./segment.ts";

/** The end of an encrypted thread. */
export interface EncryptedLog extends LogEnd {
  readonly key: SealingKey;
  /** What `threadContext` returned. */
  readonly thread: Bytes;
  readonly head: string;
}

export interface EncryptionFormatOptions {
  readonly keys: KeyProvider;
  /** Whether threads that are not encrypted are accepted. */
  readonly migrating: boolean;
  readonly missingKeys: MissingKeys;
  readonly metadata: MetadataFormat;
}

/** A thread is encrypted again when it has so many segments, if they are short. */
const SHORT_SEGMENTS_MAX = 1024;
/** The average length of segments, in code units, from which on their number is not limited. */
const LONG_SEGMENT = 512;

/** Returns the format of encrypted threads: docs/decisions/0070-encryption.md proves its properties. */
export function encryptionFormat(options: EncryptionFormatOptions): SegmentFormat<EncryptedLog> {
  const { keys } = options;
  return {
    name: "encryption",
    keepsVersions: false,
    metadata: options.metadata,
    start: async (location, thread) => startLog(sealingKey(await keys.currentKey()), location, thread),
    write: addSegment,
    isFull: (log) => !keys.isCurrent(log.key.id) || isLong(log),
    async resume(location, end) {
      const parsed = parseHead(end);
      const key = await keys.findKey(parsed.keyId, undefined);
      return key && resumeLog(sealingKey(key), location, parsed, end);
    },
    async read(location, stored) {
      const reference = parseHeader(stored.header);
      const parsed = parseHead(stored);
      // Before a key that does not exist is looked for.
      if (parsed.keyId !== reference.id) {
        throw corrupt("The head and the header of the encrypted thread differ.");
      }
      return readLog(await findKey(options, reference), location, stored, parsed);
    },
    acceptPlainThread() {
      if (!options.migrating) throw plainThread();
    },
    header: ({ key }) => encodeHeader(key),
    head: ({ head }) => head,
  };
}

function isLong({ count, length }: LogEnd): boolean {
  return count >= SHORT_SEGMENTS_MAX && length < count * LONG_SEGMENT;
}

async function startLog(
  key: SealingKey,
  location: SegmentLocation,
  { json, outline }: WholeThread,
): Promise<WrittenSegments<EncryptedLog>> {
  const thread = threadContext(location, key.id);
  const empty = { key, thread, count: 0, link: NO_LINK, length: 0, outline: "", head: "" };
  return writeSegment(empty, { keep: 0, text: json, tail: 0 }, outline);
}

function addSegment(
  log: EncryptedLog,
  { splice, outline }: ThreadChange,
): Promise<WrittenSegments<EncryptedLog>> {
  return writeSegment(log, splice, outline);
}

async function writeSegment(
  log: EncryptedLog,
  splice: Splice,
  outline: string,
): Promise<WrittenSegments<EncryptedLog>> {
  const { key, thread, count } = log;
  const sealed = await sealSegment(key, { thread, index: count, link: log.link }, splice);
  const length = splice.keep + splice.text.length + splice.tail;
  const end = { count: count + 1, link: linkTo(sealed), length, outline };
  const head = await encodeHead(key, thread, end);
  return { log: { ...end, key, thread, head }, segments: [bytesToBase85(sealed)] };
}

async function resumeLog(
  key: SealingKey,
  location: SegmentLocation,
  parsed: ParsedHead,
  { head }: StoredHead,
): Promise<EncryptedLog> {
  const thread = threadContext(location, key.id);
  await verifyHead(key, thread, parsed);
  const { keyId: _keyId, mac: _mac, ...end } = parsed;
  return { ...end, key, thread, head };
}

async function readLog(
  key: SealingKey,
  location: SegmentLocation,
  stored: StoredLog,
  parsed: ParsedHead,
): Promise<ReadLog<EncryptedLog>> {
  const log = await resumeLog(key, location, parsed, stored);
  if (parsed.count !== stored.segments.length) {
    throw corrupt(
      `The encrypted thread has ${stored.segments.length} segments instead of ${parsed.count}: it was truncated or extended.`,
    );
  }
  return { log, splices: await openSegments(log, stored.segments) };
}

/** Decrypts all segments. Each is bound to the tag of the one before it, and the head to that of the last one. */
async function openSegments(
  { key, thread, link }: EncryptedLog,
  segments: readonly JsonValue[],
): Promise<readonly Splice[]> {
  const sealed = segments.map(bytesOfSegment);
  const links = [NO_LINK, ...sealed.map(linkTo)];
  if (!areEqual(links.at(-1) ?? NO_LINK, link)) throw notAuthentic(segments.length - 1);
  return Promise.all(
    sealed.map(async (bytes, index) => {
      const splice = await openSegment(key, { thread, index, link: links[index] ?? NO_LINK }, bytes);
      if (splice === undefined) throw notAuthentic(index);
      return splice;
    }),
  );
}

function bytesOfSegment(segment: JsonValue, index: number): Bytes {
  try {
    if (typeof segment === "string") return decodeBytes(segment);
  } catch {
    // As any other segment that is not authentic.
  }
  throw notAuthentic(index);
}

function notAuthentic(index: number): Error {
  return corrupt(
    `Segment ${index + 1} of the encrypted thread is not authentic: it was altered, moved, repeated, or belongs to another thread.`,
  );
}
