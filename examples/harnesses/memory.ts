// The conformance suite on memory: npx threadstore-conformance examples/harnesses/memory.ts
import type { Harness } from "@threadstore/conformance";
import { type MemoryRecords, memoryStore } from "@threadstore/core";

const places = new Map<string, MemoryRecords>();

export const harness: Harness = {
  name: "memory",
  async open(place, options) {
    const records: MemoryRecords = places.get(place) ?? new Map();
    places.set(place, records);
    return memoryStore({ ...options, records });
  },
  async destroy(place) {
    places.delete(place);
  },
};
