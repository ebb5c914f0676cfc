import { availableParallelism } from "node:os";
import { configDefaults, defineConfig } from "vitest/config";
import { LongestFirst } from "./tooling/longest-first.ts";

// These limits only catch hangs, so they are far above the work of any test, on any machine. Tests set limits of their
// own only if they need even more.
const HANG_MS = 600_000;

/** Files that replace modules. All others share workers, which load the modules of the workspace only once. */
const ISOLATED = "**/*.isolated.test.ts";

/** Files that only `npm run test:full` runs, because they take minutes. */
const FULL = process.env["THREADSTORE_CONFORMANCE_EFFORT"] === "quick" ? ["**/*.full.test.ts"] : [];

export default defineConfig({
  test: {
    projects: [
      {
        extends: true,
        test: { name: "tests", isolate: false, exclude: [...configDefaults.exclude, ISOLATED, ...FULL] },
      },
      {
        extends: true,
        test: { name: "isolated", exclude: [...configDefaults.exclude, `**/!(*.isolated).test.ts`] },
      },
    ],
    include: [
      "packages/*/src/**/*.test.ts",
      "packages/*/test/**/*.test.ts",
      "packages/threadstore/page/src/**/*.test.ts",
      "examples/**/*.test.ts",
      "tooling/**/*.test.ts",
      "bench/src/**/*.test.ts",
      "site/src/**/*.test.ts",
    ],
    setupFiles: "tooling/seed.ts",
    globalSetup: "tooling/services/src/vitest/global-setup.ts",
    testTimeout: HANG_MS,
    hookTimeout: HANG_MS,
    teardownTimeout: HANG_MS,
    // Shorter than `testTimeout`, so that the failure shows the last value instead of a timeout.
    expect: { poll: { timeout: HANG_MS / 2 } },
    // Tests spend much of their time waiting for servers, disks and timers.
    maxWorkers: availableParallelism() + 2,
    sequence: { sequencer: LongestFirst },
  },
});
