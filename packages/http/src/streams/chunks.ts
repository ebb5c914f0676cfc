import { isJsonObject } from "@threadstore/core/documents";
import { invalidThread } from "./stream-error.ts";

/** The end of a stream: its last element. */
export type End =
  | { readonly end: "done" }
  | { readonly end: "error"; readonly error: string }
  | { readonly end: "interrupted" };

/** A chunk as it is stored: text, or base64 if it is not UTF-8. */
type StoredChunk = string | { readonly base64: string };

/** An element of a stream. */
export type StreamElement = End | StoredChunk;

const DECODER = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const ENCODER = new TextEncoder();

/** The size of an element without its content. */
const ELEMENT_SIZE = 4;

/** The largest piece whose character codes fit in the arguments of a call. */
const PIECE_BYTES = 32_768;

/** Returns the stored form of a chunk. It does not share bytes with the chunk. */
export function encodeChunk(chunk: Uint8Array): StoredChunk {
  try {
    return DECODER.decode(chunk);
  } catch {
    return { base64: toBase64(chunk) };
  }
}

/** Returns the bytes of a stored chunk. */
export function decodeChunk(chunk: StoredChunk): Uint8Array {
  if (typeof chunk === "string") return ENCODER.encode(chunk);
  return Uint8Array.from(atob(chunk.base64), (character) => character.charCodeAt(0));
}

function toBase64(bytes: Uint8Array): string {
  let text = "";
  for (let start = 0; start < bytes.length; start += PIECE_BYTES) {
    text += String.fromCharCode(...bytes.subarray(start, start + PIECE_BYTES));
  }
  return btoa(text);
}

/** Whether an element ends the stream. */
export function isEnd(element: StreamElement): element is End {
  return typeof element === "object" && "end" in element;
}

/** Throws `THREAD_INVALID` for an element that is not valid. */
export function checkElement(element: unknown, path: string): StreamElement {
  if (typeof element === "string") return element;
  if (!isJsonObject(element)) throw invalidThread(path, "a chunk of a stream");
  const { base64, end, error } = element;
  if (typeof base64 === "string" && BASE64.test(base64)) return { base64 };
  if (end === "done" || end === "interrupted") return { end };
  if (end === "error" && typeof error === "string") return { end, error };
  throw invalidThread(path, "a chunk of a stream");
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/u;

/** Whether two lists of elements are the same. */
export function isSame(left: readonly StreamElement[], right: readonly StreamElement[]): boolean {
  return left.length === right.length && JSON.stringify(left) === JSON.stringify(right);
}

/** Returns the size of elements in UTF-16 units. */
export function sizeOf(elements: readonly StreamElement[]): number {
  let size = 0;
  for (const element of elements) {
    if (isEnd(element)) continue;
    size += ELEMENT_SIZE + (typeof element === "string" ? element.length : element.base64.length);
  }
  return size;
}
