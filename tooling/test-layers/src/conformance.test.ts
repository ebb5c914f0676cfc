import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Harness, register } from "@threadstore/conformance";
import {
  ALL_BY_ID,
  createThreadStore,
  memoryDriver,
  type MemoryRecords,
  TRAILER_MAX_BYTES,
} from "@threadstore/core/driver";
import { variantSelection } from "@threadstore/services/variant-selection";
import { IS_QUICK, STORE_NAMES, type StoreName } from "@threadstore/test-stores";
import { TEST_STORES } from "@threadstore/test-stores/vitest";
import { afterAll, beforeAll, describe, it } from "vitest";
import { stackHarness, writeBase } from "./harness.ts";
import { type LayerName, STACKS, stackOn } from "./stacks.ts";

const titleOf = (layers: readonly LayerName[]): string => layers.join(" over ");
const options = { signal: new AbortController().signal };

/** Creates a harness for layers in memory, whose records it can change. */
function memoryHarness(layers: readonly LayerName[]): Harness {
  const locations = new Map<string, MemoryRecords>();
  const recordsOf = (location: string): MemoryRecords => {
    const records: MemoryRecords = locations.get(location) ?? new Map();
    locations.set(location, records);
    return records;
  };
  return {
    name: titleOf(layers),
    async open(location, { maxThreadBytes, ...storeOptions } = {}) {
      const driver = memoryDriver({ records: recordsOf(location) });
      const store = createThreadStore(driver, { ...storeOptions, maxThreadBytes: 67_108_864 });
      return stackOn(layers, store, { now: storeOptions.now, maxThreadBytes });
    },
    async destroy(location) {
      locations.delete(location);
    },
    async rewrite(location, id, change) {
      const driver = memoryDriver({ records: recordsOf(location) });
      const key = { namespace: "", id };
      const stored = await driver.read(key, undefined, options);
      if (stored === undefined) throw new Error("The record does not exist.");
      const bytes = change(Uint8Array.from(stored.bytes ?? []));
      const record = {
        bytes,
        unchanged: 0,
        trailerLength: Math.min(bytes.length, TRAILER_MAX_BYTES),
        // The version is the nonce. Another one would make the record that of another version.
        nonce: stored.version,
        expiresAt: undefined,
        updatedAt: 0,
        changedMetadata: {},
      };
      await driver.write(key, record, stored.version, options);
    },
    async entries(location) {
      const driver = memoryDriver({ records: recordsOf(location) });
      const { records } = await driver.list("", { ...ALL_BY_ID, limit: 1000 }, options);
      return records.map(({ id }) => id);
    },
  };
}

describe.each(STACKS.map((layers) => ({ layers, title: titleOf(layers) })))(
  "$title in memory",
  ({ layers }) => {
    register(memoryHarness(layers), { describe, it, after: afterAll }, variantSelection({ tiers: ["core"] }));
  },
);

const QUICK: readonly StoreName[] = ["sqlite", "redis"];

for (const name of IS_QUICK ? QUICK : STORE_NAMES.filter((store) => store !== "memory")) {
  for (const layers of IS_QUICK ? STACKS.slice(0, 2) : STACKS) {
    await TEST_STORES[name].defineSuite(titleOf(layers), (create) => {
      const folder = mkdtempSync(join(tmpdir(), "threadstore-layers-"));
      beforeAll(async () => writeBase(folder, await create(folder)));
      afterAll(() => rmSync(folder, { recursive: true, force: true }));
      const harness = stackHarness(layers, folder);
      // What a store in memory tests is the same here.
      const selection = variantSelection({ tiers: ["concurrent", "faults", "durable"] });
      register(harness, { describe, it, after: afterAll }, selection);
    });
  }
}
