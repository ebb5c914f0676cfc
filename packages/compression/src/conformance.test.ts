import { register } from "@threadstore/conformance";
import { variantSelection } from "@threadstore/services/variant-selection";
import { memoryHarness, sqliteHarness } from "@threadstore/test-stores/layer-harness";
import { temporaryFolder } from "@threadstore/test-stores/locations";
import { afterAll, describe, it } from "vitest";
import { openOver } from "./conformance.test-helper.ts";

const layer = {
  name: "compression",
  openOver,
  child: new URL("conformance-child.test-helper.ts", import.meta.url),
};

const folder = temporaryFolder();
afterAll(() => folder[Symbol.dispose]());

describe("memoryStore with compression of all texts", () => {
  register(memoryHarness(layer, { minBytes: 0 }), { describe, it, after: afterAll });
});

describe("memoryStore with compression without Zstandard", () => {
  const settings = { algorithm: "deflate" } as const;
  register(
    memoryHarness(layer, settings),
    { describe, it, after: afterAll },
    variantSelection({ tiers: ["core"] }),
  );
});

describe("sqliteStore with compression", () => {
  // Memory has no processes that could be killed. The cases of the core tier do the same there.
  const selection = variantSelection({ tiers: ["concurrent", "faults", "durable", "hygiene"] });
  register(sqliteHarness(layer, {}, folder.path), { describe, it, after: afterAll }, selection);
});
