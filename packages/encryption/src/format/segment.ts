import type { SegmentLocation, Splice } from "@threadstore/core/decorator";
import { type Bytes, TAG_BYTES } from "../crypto/platform.ts";
import type { SealingKey } from "../keys/sealing-key.ts";
import {
  decodeInteger,
  decodeText,
  encodeInteger,
  encodeText,
  encodeTexts,
  joinBytes,
  uint32,
} from "./bytes.ts";

/** How many bytes of a segment's tag are in the context of the next one, and in the head. */
export const LINK_BYTES = 12;

/** The link of the first segment. */
export const NO_LINK: Bytes = new Uint8Array(LINK_BYTES);

const SEGMENT = Uint8Array.of(1);

/** Where a segment is: in which thread, after how many segments, and after which one. */
export interface SegmentPosition {
  /** What `threadContext` returned. */
  readonly thread: Bytes;
  readonly index: number;
  /** The link to the segment before it. */
  readonly link: Bytes;
}

/** Returns the part of the context that all segments of a thread with one key have in common. */
export function threadContext({ namespace, id }: SegmentLocation, keyId: string): Bytes {
  return encodeTexts(namespace, id, keyId);
}

function contextOf({ thread, index, link }: SegmentPosition): Bytes {
  return joinBytes(SEGMENT, thread, uint32(index), link);
}

/** Encrypts a change so that it can only be read at its position. */
export async function sealSegment(
  key: SealingKey,
  position: SegmentPosition,
  splice: Splice,
): Promise<Bytes> {
  const { keep, tail, text } = splice;
  const numbers = Uint8Array.from([...encodeInteger(keep), ...encodeInteger(tail)]);
  return key.seal(contextOf(position), joinBytes(numbers, encodeText(text)));
}

/** Decrypts a change. Resolves with `undefined` if it is not authentic at this position. */
export async function openSegment(
  key: SealingKey,
  position: SegmentPosition,
  sealed: Bytes,
): Promise<Splice | undefined> {
  const plaintext = await key.open(contextOf(position), sealed);
  if (plaintext === undefined) return undefined;
  const [keep, afterKeep] = decodeInteger(plaintext, 0);
  const [tail, afterTail] = decodeInteger(plaintext, afterKeep);
  return { keep, tail, text: decodeText(plaintext.subarray(afterTail)) };
}

/** Returns the link to a segment: the beginning of its tag, which the next segment and the head are bound to. */
export function linkTo(sealed: Bytes): Bytes {
  return sealed.slice(-TAG_BYTES).slice(0, LINK_BYTES);
}
