// The conformance suite on a store in memory. To test your own store, replace memoryStore.

import { type Harness, register } from "@threadstore/conformance";
import { type MemoryRecords, memoryStore } from "@threadstore/core";
import { afterAll, describe, it } from "vitest";

const locations = new Map<string, MemoryRecords>();

const harness: Harness = {
  name: "memory",
  // Two stores at one location are two clients of one backend. These share a map; others share a table or folder.
  async open(location, options) {
    const records = locations.get(location) ?? new Map();
    locations.set(location, records);
    return memoryStore({ ...options, records });
  },
  async destroy(location) {
    locations.delete(location);
  },
};

describe("memory", () => {
  register(harness, { describe, it, after: afterAll });
});
