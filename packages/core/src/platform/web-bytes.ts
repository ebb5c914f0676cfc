import { decodeBase64url, encodeBase64url } from "./base64url.ts";
import type { Bytes, BytesFactory } from "./platform.ts";
import { decodeUtf8, encodeUtf8, encodeUtf8Into } from "./utf8.ts";

/** Bytes without a `Buffer`. */
class WebBytes extends Uint8Array implements Bytes {
  override subarray(start?: number, end?: number): WebBytes {
    return super.subarray(start, end) as WebBytes;
  }

  write(text: string, offset: number = 0): number {
    return encodeUtf8Into(text, super.subarray(offset));
  }

  copy(target: Uint8Array, targetStart: number = 0, sourceStart: number = 0): number {
    const source = super.subarray(sourceStart, sourceStart + Math.max(0, target.length - targetStart));
    target.set(source, targetStart);
    return source.length;
  }

  compare(
    target: Uint8Array,
    targetStart: number = 0,
    targetEnd: number = target.length,
    sourceStart: number = 0,
    sourceEnd: number = this.length,
  ): number {
    const [length, targetLength] = [sourceEnd - sourceStart, targetEnd - targetStart];
    for (let index = 0; index < Math.min(length, targetLength); index += 1) {
      const difference = (this[sourceStart + index] ?? 0) - (target[targetStart + index] ?? 0);
      if (difference !== 0) return Math.sign(difference);
    }
    return Math.sign(length - targetLength);
  }

  override lastIndexOf(value: number | string, from: number = this.length): number {
    if (typeof value === "number") return super.lastIndexOf(value, from);
    const needle = encodeUtf8(value);
    for (let start = Math.min(from, this.length - needle.length); start >= 0; start -= 1) {
      if (needle.every((byte, index) => this[start + index] === byte)) return start;
    }
    return -1;
  }

  readUIntBE(offset: number, byteLength: number): number {
    return super.subarray(offset, offset + byteLength).reduce((value, byte) => value * 256 + byte, 0);
  }

  override toString(
    encoding: "utf8" | "latin1" | "base64url" | "hex" = "utf8",
    start: number = 0,
    end: number = this.length,
  ): string {
    const bytes = super.subarray(start, end);
    if (encoding === "base64url") return encodeBase64url(bytes);
    if (encoding === "utf8") return decodeUtf8(bytes);
    if (encoding === "hex") return Array.from(bytes, hexOf).join("");
    return Array.from(bytes, (byte) => String.fromCodePoint(byte)).join("");
  }
}

export function hexOf(byte: number): string {
  return byte.toString(16).padStart(2, "0");
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): WebBytes {
  return new WebBytes(buffer as ArrayBuffer, byteOffset, byteLength);
}

/** The `Bytes` of {@link Platform} without a `Buffer`. */
export const webBytes: BytesFactory = {
  from(source: string | Uint8Array | ArrayBufferLike, ...details: unknown[]): Bytes {
    if (typeof source === "string") return viewOf(encode(source, details[0]));
    if (ArrayBuffer.isView(source)) return new WebBytes(source);
    return new WebBytes(source as ArrayBuffer, Number(details[0]), Number(details[1]));
  },

  of: (...values) => new WebBytes(values),

  concat(parts) {
    const bytes = new WebBytes(parts.reduce((length, part) => length + part.length, 0));
    let end = 0;
    for (const part of parts) {
      bytes.set(part, end);
      end += part.length;
    }
    return bytes;
  },

  alloc: (length) => new WebBytes(length),
  allocUnsafeSlow: (length) => new WebBytes(length),

  byteLength(text) {
    let length = 0;
    for (const character of text) {
      const code = character.codePointAt(0) ?? 0;
      length += code < 0x80 ? 1 : code < 0x8_00 ? 2 : code < 0x1_00_00 ? 3 : 4;
    }
    return length;
  },
};

function encode(text: string, encoding: unknown): Uint8Array {
  if (encoding === "base64url") return decodeBase64url(text);
  if (encoding !== "hex") return encodeUtf8(text);
  return Uint8Array.from(text.match(/../gu) ?? [], (digits) => Number.parseInt(digits, 16));
}
