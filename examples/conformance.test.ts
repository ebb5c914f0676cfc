// How an adapter is tested: this file is all it takes. Replace memoryStore with your own store.

import { type Harness, register } from "@threadstore/conformance";
import { type MemoryRecords, memoryStore } from "@threadstore/core";
import { afterAll, describe, it } from "vitest";

const places = new Map<string, MemoryRecords>();

const harness: Harness = {
  name: "memory",
  // Two stores opened at one place are two clients of one backend: here they share a map, elsewhere a table or folder.
  async open(place, options) {
    const records = places.get(place) ?? new Map();
    places.set(place, records);
    return memoryStore({ ...options, records });
  },
  async destroy(place) {
    places.delete(place);
  },
};

describe("memory", () => {
  register(harness, { describe, it, after: afterAll });
});
