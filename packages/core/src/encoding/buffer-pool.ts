/** What is kept for later, at most: what many saves at once need that are small, and some that are large. */
const MOST_BUFFERS = 64;
const MOST_BYTES = 8_388_608;

/** A buffer serves for what is smaller, but not for so much less that it is missed where it is needed. */
const MOST_TIMES = 4;

/** In the order in which they came back: the last is the likeliest to be in the processor's cache. */
const free: Buffer[] = [];
let freeBytes = 0;

/**
 * Memory of at least that length for something that lives as long as a call. Who asks the engine for it each time has
 * all garbage collected again and again: what is outside of the heap counts as pressure on it.
 */
export function borrow(length: number): Buffer {
  const index = free.findLastIndex(
    (buffer) => buffer.length >= length && buffer.length <= MOST_TIMES * length,
  );
  return index < 0 ? Buffer.allocUnsafeSlow(length + Math.ceil(length / 4)) : taken(index);
}

/** For others, so only what nobody reads any more. */
export function giveBack(buffer: Buffer): void {
  if (buffer.length > MOST_BYTES) return;
  free.push(buffer);
  freeBytes += buffer.length;
  while (freeBytes > MOST_BYTES || free.length > MOST_BUFFERS) taken(0);
}

function taken(index: number): Buffer {
  const [buffer = Buffer.alloc(0)] = free.splice(index, 1);
  freeBytes -= buffer.length;
  return buffer;
}
