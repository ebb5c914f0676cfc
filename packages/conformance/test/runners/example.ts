import { after, describe, it } from "node:test";
import { type Harness, register } from "@threadstore/conformance";
import { type MemoryRecords, memoryStore } from "@threadstore/core";

const places = new Map<string, MemoryRecords>();

const harness: Harness = {
  name: "my store",
  async open(place, options) {
    const records: MemoryRecords = places.get(place) ?? new Map();
    places.set(place, records);
    return memoryStore({ ...options, records });
  },
  async destroy(place) {
    places.delete(place);
  },
};

register(harness, { describe, it, after });
