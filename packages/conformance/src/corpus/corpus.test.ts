import { crc32 } from "node:zlib";
import { describe, expect, it } from "vitest";
import { collidingIds, type HashName } from "./colliding-ids.ts";

type HashFunction = (bytes: Uint8Array) => number;

/** Returns a hash function that combines its state with one byte after the other, in 32 bits. */
function iterated(initial: number, step: (state: number, byte: number) => number): HashFunction {
  return (bytes) => bytes.reduce((state, byte) => step(state, byte) | 0, initial) >>> 0;
}

function crc32c(bytes: Uint8Array): number {
  let state = -1;
  for (const byte of bytes) {
    state ^= byte;
    for (let bit = 0; bit < 8; bit += 1) state = (state >>> 1) ^ (state & 1 ? 0x82f63b78 : 0);
  }
  return (state ^ -1) >>> 0;
}

function adler32(bytes: Uint8Array): number {
  let [low, high] = [1, 0];
  for (const byte of bytes) {
    low = (low + byte) % 65_521;
    high = (high + low) % 65_521;
  }
  return ((high << 16) | low) >>> 0;
}

function rotated(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}

function murmurHash3(bytes: Uint8Array): number {
  const mixed = (word: number): number => Math.imul(rotated(Math.imul(word, 0xcc9e2d51), 15), 0x1b873593);
  const view = Buffer.from(bytes);
  const whole = view.length - (view.length % 4);
  let hash = 0;
  for (let at = 0; at < whole; at += 4) {
    hash = (Math.imul(rotated(hash ^ mixed(view.readInt32LE(at)), 13), 5) + 0xe6546b64) | 0;
  }
  const remaining = [...view.subarray(whole)];
  if (remaining.length > 0)
    hash ^= mixed(remaining.reduce((word, byte, index) => word | (byte << (8 * index)), 0));
  hash ^= view.length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** Each function with a published test vector. */
const hashFunctions: Readonly<Record<HashName, [HashFunction, string, number]>> = {
  "CRC-32": [(bytes) => crc32(bytes), "123456789", 0xcbf43926],
  "CRC-32C": [crc32c, "123456789", 0xe3069283],
  "FNV-1": [iterated(0x811c9dc5, (state, byte) => Math.imul(state, 0x01000193) ^ byte), "foobar", 0x31f0b262],
  "FNV-1a": [
    iterated(0x811c9dc5, (state, byte) => Math.imul(state ^ byte, 0x01000193)),
    "foobar",
    0xbf9cf968,
  ],
  Java: [iterated(0, (state, byte) => Math.imul(31, state) + byte), "hello", 99_162_322],
  djb2: [iterated(5381, (state, byte) => Math.imul(33, state) + byte), "hello", 0x0f923099],
  djb2a: [iterated(5381, (state, byte) => Math.imul(33, state) ^ byte), "hello", 0x0a9cede7],
  sdbm: [iterated(0, (state, byte) => byte + (state << 6) + (state << 16) - state), "hello", 0x28d19932],
  "Adler-32": [adler32, "Wikipedia", 0x11e60398],
  MurmurHash3: [murmurHash3, "hello", 0x248bfa47],
};

describe("the colliding ids", () => {
  const names = Object.keys(hashFunctions) as HashName[];

  it.each(names)("%s", (name) => {
    const [hash, text, expected] = hashFunctions[name];
    expect(hash(Buffer.from(text))).toBe(expected);
    const [one, other] = collidingIds[name];
    expect(one).not.toBe(other);
    expect(hash(Buffer.from(one))).toBe(hash(Buffer.from(other)));
  });
});
