import type { Harness } from "@threadstore/conformance";
import type { StoreOptions, ThreadStore } from "@threadstore/core";
import type { Cluster, Redis } from "ioredis";
import { keysOf, recordKey, removeAll } from "./tools.test.support.ts";

/** The suite's harness over a client of the tests' own; each place is a prefix. */
export function redisHarness(
  name: string,
  raw: Redis | Cluster,
  open: (options: StoreOptions & { prefix: string }) => ThreadStore,
): Harness {
  return {
    name,

    async open(place, options) {
      return open({ ...options, prefix: prefixOf(place) });
    },

    async destroy(place) {
      await removeAll(raw, prefixOf(place));
    },

    async rewrite(place, id, change) {
      const key = recordKey(prefixOf(place), id);
      const stored = await raw.getBuffer(key);
      if (stored === null) throw new Error("No such record.");
      // In front of the record is its version.
      await raw.set(key, Buffer.concat([stored.subarray(0, 22), change(stored.subarray(22))]));
    },

    async entries(place) {
      return (await keysOf(raw, prefixOf(place))).map(String);
    },
  };
}

function prefixOf(place: string): string {
  return `conformance-${place}`;
}
