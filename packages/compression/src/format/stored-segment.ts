import type { JsonValue } from "@threadstore/core";
import type { Method } from "../codec/codec.ts";
import { corrupt } from "../errors.ts";

/** A text as it is stored: as it is, or compressed. */
export type StoredText =
  | { readonly text: string }
  | {
      readonly method: Method;
      /** The length of the text in bytes of UTF-8. */
      readonly length: number;
      /** The compressed bytes, in base85. */
      readonly data: string;
    };

/** A segment: a splice whose text may be compressed. */
export interface StoredSegment {
  readonly keep: number;
  readonly tail: number;
  readonly stored: StoredText;
}

const METHODS: readonly unknown[] = ["d", "f", "z"] satisfies readonly Method[];

/** Returns the JSON of a segment: `[keep, tail, text]` or `[keep, tail, method, length, data]`. */
export function segmentToJson({ keep, tail, stored }: StoredSegment): JsonValue {
  return "text" in stored
    ? [keep, tail, stored.text]
    : [keep, tail, stored.method, stored.length, stored.data];
}

/** Reverses `segmentToJson`. Throws `CORRUPT` for anything else. */
export function segmentFromJson(json: JsonValue): StoredSegment {
  if (!Array.isArray(json)) throw invalidSegment();
  const [keep, tail, ...stored] = json as readonly JsonValue[];
  if (!isLength(keep) || !isLength(tail)) throw invalidSegment();
  return { keep, tail, stored: textFromJson(stored) };
}

function textFromJson(json: readonly JsonValue[]): StoredText {
  const [first, length, data] = json;
  if (typeof first !== "string") throw invalidSegment();
  if (json.length === 1) return { text: first };
  if (json.length !== 3 || !METHODS.includes(first) || !isLength(length) || typeof data !== "string") {
    throw invalidSegment();
  }
  return { method: first as Method, length, data };
}

function isLength(value: JsonValue | undefined): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function invalidSegment(): Error {
  return corrupt("A segment of the compressed thread has an unknown form.");
}
