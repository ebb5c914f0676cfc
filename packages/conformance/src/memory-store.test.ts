import { type MemoryRecords, memoryStore } from "@threadstore/core";
import { afterAll, describe, it } from "vitest";
import { type Harness, register } from "./index.ts";

const places = new Map<string, MemoryRecords>();

const harness: Harness = {
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

describe("memoryStore", () => {
  register(harness, { describe, it, after: afterAll });
});
