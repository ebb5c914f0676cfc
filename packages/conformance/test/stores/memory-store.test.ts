import { type MemoryRecords, memoryStore } from "@threadstore/core";
import { afterAll, describe, it } from "vitest";
import { type Harness, register } from "../../src/index.ts";

const locations = new Map<string, MemoryRecords>();

function recordsOf(location: string): MemoryRecords {
  const records: MemoryRecords = locations.get(location) ?? new Map();
  locations.set(location, records);
  return records;
}

const harness: Harness = {
  name: "memory",
  open: async (location, options) => memoryStore({ ...options, records: recordsOf(location) }),
  async destroy(location) {
    locations.delete(location);
  },
  async rewrite(location, id, change) {
    const threads = recordsOf(location).get("");
    const record = threads?.get(id);
    if (record === undefined) throw new Error(`No record exists for ${id}.`);
    threads?.set(id, { ...record, bytes: change(record.bytes) });
  },
  async entries(location) {
    return [...recordsOf(location)].flatMap(([namespace, threads]) =>
      [...threads.keys()].map((id) => `${namespace}/${id}`),
    );
  },
};

describe("memoryStore", () => {
  register(harness, { describe, it, after: afterAll });
});
