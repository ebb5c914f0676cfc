/** The slots of a Redis Cluster, which its masters divide among them. */
const SLOTS = 16384;
/** The buckets over which `@threadstore/redis` spreads a namespace, each in a slot. */
const BUCKETS = 64;

const TABLE = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8;
  for (let bit = 0; bit < 8; bit += 1) crc = (crc & 0x8000) === 0 ? crc << 1 : (crc << 1) ^ 0x1021;
  return crc & 0xffff;
});

/** Returns the slot of a hash tag of ASCII characters: CRC-16 (XMODEM) modulo the number of slots. */
export function slotOf(tag: string): number {
  let crc = 0;
  for (let index = 0; index < tag.length; index += 1) {
    crc = ((crc << 8) & 0xffff) ^ (TABLE[((crc >>> 8) ^ tag.charCodeAt(index)) & 0xff] ?? 0);
  }
  return crc % SLOTS;
}

/** Returns the load of each slot if each namespace spreads over its buckets. */
export function loadOfSlots(loads: Iterable<readonly [namespace: string, load: number]>): Float64Array {
  const slots = new Float64Array(SLOTS);
  for (const [namespace, load] of loads) {
    for (let bucket = 0; bucket < BUCKETS; bucket += 1) {
      const slot = slotOf(`${namespace}:${bucket}`);
      slots[slot] = (slots[slot] ?? 0) + load / BUCKETS;
    }
  }
  return slots;
}

/** Returns the load of each master if the slots are divided evenly, in ranges. */
export function loadOfMasters(masters: number, slots: Float64Array): number[] {
  const totals = Array.from({ length: masters }, () => 0);
  slots.forEach((load, slot) => {
    const master = Math.floor((slot * masters) / SLOTS);
    totals[master] = (totals[master] ?? 0) + load;
  });
  return totals;
}
