import { base85ToBytes } from "@threadstore/core/decorator";
import type { Bytes } from "../crypto/platform.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export function joinBytes(...parts: readonly Uint8Array[]): Bytes {
  const joined = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}

export function encodeText(text: string): Bytes {
  return encoder.encode(text);
}

/** Decodes UTF-8. Throws a `TypeError` for invalid bytes. */
export function decodeText(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

/** Decodes base85. Throws a `SyntaxError` for invalid text. */
export function decodeBytes(text: string): Bytes {
  return base85ToBytes(text) as Bytes;
}

/** Encodes a hash in base64url, without padding. */
export function encodeBase64url(hash: Uint8Array): string {
  const base64 = btoa(String.fromCharCode(...hash));
  return base64.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** Encodes an integer from 0 to 2^32 - 1 in four bytes. */
export function uint32(value: number): Bytes {
  return Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
}

/** Encodes texts so that no two lists of texts have the same encoding: each after its length. */
export function encodeTexts(...texts: readonly string[]): Bytes {
  return joinBytes(
    ...texts.flatMap((text) => {
      const bytes = encodeText(text);
      return [uint32(bytes.length), bytes];
    }),
  );
}

/** Encodes a safe integer that is not negative in groups of seven bits, the lowest first. */
export function encodeInteger(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  return [...bytes, rest];
}

/** Decodes an integer, and where it ends. Throws a `RangeError` for invalid bytes. */
export function decodeInteger(bytes: Uint8Array, start: number): readonly [value: number, end: number] {
  let [value, factor] = [0, 1];
  for (let index = start; index < bytes.length && factor <= Number.MAX_SAFE_INTEGER; index += 1) {
    const byte = bytes[index] ?? 0;
    value += (byte & 0x7f) * factor;
    factor *= 0x80;
    if (byte < 0x80 && Number.isSafeInteger(value)) return [value, index + 1];
  }
  throw new RangeError("Invalid integer.");
}

export function areEqual(left: Uint8Array, right: Uint8Array): boolean {
  // Takes the same time wherever the bytes differ, as the bytes are a secret: the right MAC.
  let difference = left.length ^ right.length;
  for (let index = 0; index < left.length; index += 1) difference |= (left[index] ?? 0) ^ (right[index] ?? 0);
  return difference === 0;
}
