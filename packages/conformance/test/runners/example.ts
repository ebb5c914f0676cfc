import { after, describe, it } from "node:test";
import { type Harness, register } from "@threadstore/conformance";
import { type MemoryRecords, memoryStore } from "@threadstore/core";

const locations = new Map<string, MemoryRecords>();

const harness: Harness = {
  name: "my store",
  async open(location, options) {
    const records: MemoryRecords = locations.get(location) ?? new Map();
    locations.set(location, records);
    return memoryStore({ ...options, records });
  },
  async destroy(location) {
    locations.delete(location);
  },
};

register(harness, { describe, it, after });
