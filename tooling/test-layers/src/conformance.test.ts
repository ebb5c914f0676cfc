import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Harness, register } from "@threadstore/conformance";
import { createThreadStore } from "@threadstore/core/driver";
import { variantSelection } from "@threadstore/services/variant-selection";
import { IS_QUICK, STORE_NAMES, type StoreName } from "@threadstore/test-stores";
import { memoryLocations, recordAccess } from "@threadstore/test-stores/locations";
import { TEST_STORES } from "@threadstore/test-stores/vitest";
import { afterAll, beforeAll, describe, it } from "vitest";
import { stackHarness, writeBase } from "./harness.ts";
import { type LayerName, STACKS, stackOn } from "./stacks.ts";

const titleOf = (layers: readonly LayerName[]): string => layers.join(" over ");

/** Creates a harness for layers in memory, whose records it can change. */
function memoryHarness(layers: readonly LayerName[]): Harness {
  const locations = memoryLocations();
  return {
    name: titleOf(layers),
    async open(location, { maxThreadBytes, ...options } = {}) {
      const driver = locations.driverOf(location);
      const store = createThreadStore(driver, { ...options, maxThreadBytes: 67_108_864 });
      return stackOn(layers, store, { maxThreadBytes });
    },
    ...recordAccess(locations),
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
