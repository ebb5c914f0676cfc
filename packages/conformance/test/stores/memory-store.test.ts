import { type MemoryRecords, memoryStore } from "@threadstore/core";
import { afterAll, describe, it } from "vitest";
import { type Harness, register } from "../../src/index.ts";

const places = new Map<string, MemoryRecords>();

function recordsOf(place: string): MemoryRecords {
  const records: MemoryRecords = places.get(place) ?? new Map();
  places.set(place, records);
  return records;
}

const harness: Harness = {
  name: "memory",
  open: async (place, options) => memoryStore({ ...options, records: recordsOf(place) }),
  async destroy(place) {
    places.delete(place);
  },
  async rewrite(place, id, change) {
    const threads = recordsOf(place).get("");
    const record = threads?.get(id);
    if (record === undefined) throw new Error(`There is no record of ${id}.`);
    threads?.set(id, { ...record, bytes: change(record.bytes) });
  },
  async entries(place) {
    return [...recordsOf(place)].flatMap(([namespace, threads]) =>
      [...threads.keys()].map((id) => `${namespace}/${id}`),
    );
  },
};

describe("memoryStore", () => {
  register(harness, { describe, it, after: afterAll });
});
