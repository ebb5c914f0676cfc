/* oxlint-disable vitest/no-conditional-tests, vitest/valid-title -- It defines suites for test files and is not a test file. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { register } from "@threadstore/conformance";
import { variantSelection } from "@threadstore/services/variant-selection";
import { IS_QUICK, NETWORKED, type StoreName } from "@threadstore/test-stores";
import { TEST_STORES } from "@threadstore/test-stores/vitest";
import { afterAll, beforeAll, describe, it } from "vitest";
import { stackHarness, writeBase } from "./harness.ts";
import { LAYER_NAMES, type LayerName, STACKS, titleOf } from "./stacks.ts";

const ALONE: readonly (readonly LayerName[])[] = LAYER_NAMES.map((name) => [name]);
/** With quick effort, the other layers have tests of their own on servers. */
const COMPRESSION: readonly LayerName[] = ["compression"];

/** Returns the layers that the suite runs over on a store. On SQLite, the package of each layer tests it alone. */
function layersOn(name: StoreName): readonly (readonly LayerName[])[] {
  if (IS_QUICK) return [...(NETWORKED.includes(name) ? [COMPRESSION] : []), ...STACKS.slice(0, 2)];
  return name === "sqlite" ? STACKS : [...ALONE, ...STACKS];
}

/**
 * Runs the conformance suite over layers on one store, with processes that are killed. Must be awaited at the top level
 * of a test file. Each store has a file, so that the files can run at the same time.
 */
export async function testLayersOn(name: StoreName): Promise<void> {
  for (const layers of layersOn(name)) {
    await TEST_STORES[name].defineSuite(titleOf(layers), (create) => {
      const folder = mkdtempSync(join(tmpdir(), "threadstore-layers-"));
      beforeAll(async () => writeBase(folder, await create(folder)));
      afterAll(() => rmSync(folder, { recursive: true, force: true }));
      // What a store in memory tests is the same here.
      const selection = variantSelection({ tiers: ["concurrent", "faults", "durable"] });
      register(stackHarness(name, layers, folder), { describe, it, after: afterAll }, selection);
    });
  }
}
