import { register } from "@threadstore/conformance";
import { variantSelection } from "@threadstore/services/variant-selection";
import { memoryHarness, sqliteHarness } from "@threadstore/test-stores/layer-harness";
import { temporaryFolder } from "@threadstore/test-stores/locations";
import { afterAll, describe, it } from "vitest";
import { openOver } from "./conformance.test-helper.ts";

const layer = {
  name: "encryption",
  openOver,
  child: new URL("conformance-child.test-helper.ts", import.meta.url),
};

const folder = temporaryFolder();
afterAll(() => folder[Symbol.dispose]());

describe("memoryStore with encryption", () => {
  register(memoryHarness(layer, {}), { describe, it, after: afterAll });
});

// Limits of sealed metadata, which the README names.
const knownFailures = [
  ["L6-4", "Sealed metadata is filtered after a page was read, so a cursor belongs to no filter."],
  ["L7-4", "As in L6-4."],
  ["M1-7", "Sealed metadata takes a quarter more space, so its limit is lower."],
  ["M1-8", "As in M1-7."],
].map(([id = "", reason = ""]) => ({ case: id, reason, until: "2099-12-31" }));

describe("memoryStore with encryption and sealed metadata", () => {
  const harness = { ...memoryHarness(layer, { metadata: "sealed" }), knownFailures };
  register(harness, { describe, it, after: afterAll }, variantSelection({ tiers: ["core", "concurrent"] }));
});

describe("sqliteStore with encryption", () => {
  // Memory has no processes that could be killed. The cases of the core tier do the same there.
  const selection = variantSelection({ tiers: ["concurrent", "faults", "durable", "hygiene"] });
  register(sqliteHarness(layer, {}, folder.path), { describe, it, after: afterAll }, selection);
});
