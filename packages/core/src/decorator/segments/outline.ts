import { ByteBuffer } from "#platform";
import { type ArrayEnd, findArrayEndInText, insertion } from "../../encoding/array-end.ts";
import { isJson } from "../../validation/thread.ts";
import type { Splice } from "./segment-format.ts";

/** What an append needs to know of the JSON that it does not load. */
export interface Outline {
  /** The length of the JSON in bytes of UTF-8. */
  readonly size: number;
  /** The length of the JSON in UTF-16 code units. */
  readonly length: number;
  /** `undefined` if the last member of the thread is not an array. */
  readonly arrayEnd: ArrayEnd | undefined;
}

const FORMAT = /^(\d{1,15})(?::(\d{1,15}))?(?:,(\d{1,15})(e?))?$/u;

export function outlineOf(json: string, size: number): Outline {
  return { size, length: json.length, arrayEnd: findArrayEndInText(json) };
}

/** Returns the outline as text, such as `1234,2`: a few characters, because each save writes them. */
export function encodeOutline({ size, length, arrayEnd }: Outline): string {
  const lengthText = length === size ? "" : `:${length}`;
  if (arrayEnd === undefined) return `${size}${lengthText}`;
  return `${size}${lengthText},${arrayEnd.closingLength}${arrayEnd.isEmpty ? "e" : ""}`;
}

/** Reverses `encodeOutline`; `undefined` if the text is not an outline. */
export function decodeOutline(text: string): Outline | undefined {
  const [isValid, sizeText = "", lengthText = sizeText, closingText, empty] = FORMAT.exec(text) ?? [];
  if (isValid === undefined) return undefined;
  const length = Number(lengthText);
  const closingLength = Number(closingText ?? 0);
  if (closingLength > length) return undefined;
  const arrayEnd = closingText === undefined ? undefined : { closingLength, isEmpty: empty === "e" };
  return { size: Number(sizeText), length, arrayEnd };
}

/**
 * Returns whether a change leaves a thread as it is, or appends elements to its last array, so that the result is strict
 * JSON if the thread is, without reading it.
 */
export function isValidAppend({ length, arrayEnd }: Outline, { keep, text, tail }: Splice): boolean {
  if (keep + tail !== length) return false;
  if (text === "") return true;
  if (tail !== arrayEnd?.closingLength) return false;
  if (arrayEnd.isEmpty) return isJson(`[${text}]`);
  return text.startsWith(",") && isJson(`[0${text}]`);
}

/** Returns the outline after a change for which `isValidAppend` returns `true`, and which adds so many bytes. */
export function grownOutline({ size, length, arrayEnd }: Outline, { text }: Splice, bytes: number): Outline {
  const isStillEmpty = arrayEnd?.isEmpty === true && text.trim() === "";
  return {
    size: size + bytes,
    length: length + text.length,
    arrayEnd: arrayEnd && { ...arrayEnd, isEmpty: isStillEmpty },
  };
}

/** An append as a change of a thread whose JSON is not known. */
export interface AppendedElements {
  readonly splice: Splice;
  /** The outline of the thread after the append. */
  readonly outline: Outline;
}

/** Appends the JSON of elements. Returns `undefined` if the last member of the thread is not an array. */
export function appendToOutline(
  { size, length, arrayEnd }: Outline,
  elements: string,
): AppendedElements | undefined {
  if (arrayEnd === undefined) return undefined;
  const { closingLength } = arrayEnd;
  const text = insertion(arrayEnd, elements);
  return {
    splice: { keep: length - closingLength, text, tail: closingLength },
    outline: {
      size: size + ByteBuffer.byteLength(text),
      length: length + text.length,
      arrayEnd: { closingLength, isEmpty: false },
    },
  };
}
