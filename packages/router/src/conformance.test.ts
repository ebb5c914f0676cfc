import { join } from "node:path";
import { type Harness, register } from "@threadstore/conformance";
import { createThreadStore } from "@threadstore/core/driver";
import { variantSelection } from "@threadstore/services/variant-selection";
import { describeWithService } from "@threadstore/services/vitest";
import { memoryLocations, recordAccess, temporaryFolder } from "@threadstore/test-stores/locations";
import { afterAll, describe, it } from "vitest";
import { harnessOver } from "./conformance.test-helper.ts";
import { routerStore } from "./router-store.ts";

const runner = { describe, it, after: afterAll };

/** The threads without a namespace are in the first store, whose records the suite changes. */
function memoryHarness(): Harness {
  const locations = memoryLocations();
  const open = (location: string, options: Parameters<Harness["open"]>[1]) =>
    createThreadStore(locations.driverOf(location), options);
  return {
    name: "router over memory and memory",
    open: async (location, options = {}) => {
      const stores = { a: open(location, options), b: open(`${location} b`, options) };
      return routerStore({ stores, timeoutMs: options.timeoutMs });
    },
    ...recordAccess(locations),
    destroy: async (location) => {
      await locations.destroy(location);
      await locations.destroy(`${location} b`);
    },
  };
}

describe("routerStore over memory and memory", () => {
  register(memoryHarness(), runner);
});

await describeWithService("redis", "routerStore over SQLite and Redis", ({ url }) => {
  const folder = temporaryFolder();
  afterAll(() => folder[Symbol.dispose]());
  const sqlite = { kind: "sqlite", path: join(folder.path, "threads") } as const;
  const redis = { kind: "redis", url, prefix: "router" } as const;
  const bases = { root: sqlite, other: redis, placement: sqlite };
  register(harnessOver(bases), runner, variantSelection({ tiers: ["core"] }));
});
