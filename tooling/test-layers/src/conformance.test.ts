import { type Harness, register } from "@threadstore/conformance";
import type { StoreOptions, ThreadStore } from "@threadstore/core";
import { createThreadStore } from "@threadstore/core/driver";
import { variantSelection } from "@threadstore/services/variant-selection";
import { memoryLocations, recordAccess } from "@threadstore/test-stores/locations";
import { afterAll, describe, it } from "vitest";
import { histories } from "./harness.ts";
import { INNER_MAX_BYTES, type LayerName, STACKS, stackOn, titleOf } from "./stacks.ts";

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
