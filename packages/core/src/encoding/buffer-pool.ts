import { ByteBuffer } from "#platform";
import type { Bytes } from "../platform/platform.ts";

// Enough for many concurrent small saves and a few large ones.
const MAX_BUFFERS = 64;
const MAX_BYTES = 8_388_608;

/** A pooled buffer is not used for a record of less than a quarter of its size: a larger record may need it. */
const MAX_OVERSIZE_FACTOR = 4;

/** Ordered by release. The most recently released buffer is the likeliest to be in the CPU cache. */
const pool: Bytes[] = [];
let pooledBytes = 0;

/**
 * Returns a buffer of at least `length` bytes, to be released after a call. Allocating one per call triggers frequent
 * full garbage collections, because memory outside the heap counts as memory pressure.
 */
export function acquireBuffer(length: number): Bytes {
  const index = pool.findLastIndex(
    (buffer) => buffer.length >= length && buffer.length <= MAX_OVERSIZE_FACTOR * length,
  );
  return index < 0 ? ByteBuffer.allocUnsafeSlow(length + Math.ceil(length / 4)) : removeFromPool(index);
}

/** Returns a buffer to the pool. The caller must hold no reference to its bytes. */
export function releaseBuffer(buffer: Bytes): void {
  if (buffer.length > MAX_BYTES) return;
  pool.push(buffer);
  pooledBytes += buffer.length;
  while (pooledBytes > MAX_BYTES || pool.length > MAX_BUFFERS) removeFromPool(0);
}

function removeFromPool(index: number): Bytes {
  const [buffer = ByteBuffer.alloc(0)] = pool.splice(index, 1);
  pooledBytes -= buffer.length;
  return buffer;
}
