import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Harness, register } from "@threadstore/conformance";
import type { StoreOptions, ThreadStore } from "@threadstore/core";
import { createThreadStore } from "@threadstore/core/driver";
import { variantSelection } from "@threadstore/services/variant-selection";
import { IS_QUICK, NETWORKED, STORE_NAMES, type StoreName } from "@threadstore/test-stores";
import { memoryLocations, recordAccess } from "@threadstore/test-stores/locations";
import { TEST_STORES } from "@threadstore/test-stores/vitest";
import { afterAll, beforeAll, describe, it } from "vitest";
import { histories, stackHarness, writeBase } from "./harness.ts";
import { INNER_MAX_BYTES, type LayerName, STACKS, stackOn } from "./stacks.ts";

const titleOf = (layers: readonly LayerName[]): string => layers.join(" over ");

/** attachments.test.ts tests that prune deletes it. */
const ELSEWHERE = {
  case: "H4-3",
  reason: "The lost text is an attachment, and so not in the record of the thread.",
  until: "2099-12-31",
};

/** Creates a harness for layers in memory, whose records it can change. */
function memoryHarness(layers: readonly LayerName[]): Harness {
  const locations = memoryLocations();
  const openInner = async (location: string, options: StoreOptions = {}): Promise<ThreadStore> =>
    createThreadStore(locations.driverOf(location), { ...options, maxThreadBytes: INNER_MAX_BYTES });
  return {
    name: titleOf(layers),
    open: async (location, options = {}) => stackOn(layers, await openInner(location, options), options),
    ...histories(layers, openInner),
    ...recordAccess(locations),
    knownFailures: layers.includes("attachments") ? [ELSEWHERE] : [],
  };
}

describe.each(STACKS.map((layers) => ({ layers, title: titleOf(layers) })))(
  "$title in memory",
  ({ layers }) => {
    register(memoryHarness(layers), { describe, it, after: afterAll }, variantSelection({ tiers: ["core"] }));
  },
);

const QUICK: readonly StoreName[] = ["sqlite", "redis"];

// Attachments and encryption have tests of their own on these stores.
const COMPRESSION: readonly LayerName[] = ["compression"];

for (const name of IS_QUICK ? QUICK : STORE_NAMES.filter((store) => store !== "memory")) {
  const stacks = IS_QUICK ? STACKS.slice(0, 2) : STACKS;
  for (const layers of NETWORKED.includes(name) ? [COMPRESSION, ...stacks] : stacks) {
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
