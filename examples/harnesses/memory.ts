// The conformance suite on memory: npx threadstore-conformance examples/harnesses/memory.ts
import type { Harness } from "@threadstore/conformance";
import { type MemoryRecords, memoryStore } from "@threadstore/core";

const locations = new Map<string, MemoryRecords>();

export const harness: Harness = {
  name: "memory",
  async open(location, options) {
    const records: MemoryRecords = locations.get(location) ?? new Map();
    locations.set(location, records);
    return memoryStore({ ...options, records });
  },
  async destroy(location) {
    locations.delete(location);
  },
};
