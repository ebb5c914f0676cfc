import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import { LongestFirst } from "./tooling/longest-first.ts";

export default defineConfig({
  test: {
    include: [
      "packages/*/src/**/*.test.ts",
      "packages/*/test/**/*.test.ts",
      "examples/**/*.test.ts",
      "tooling/**/*.test.ts",
      "bench/src/**/*.test.ts",
    ],
    globalSetup: "tooling/services/src/vitest/global-setup.ts",
    // Child processes, fsync and whole builds: slow machines need more than the default 5 s.
    testTimeout: 30_000,
    // Much of the time is spent waiting for servers, disks and time limits.
    maxWorkers: availableParallelism() + 1,
    sequence: { sequencer: LongestFirst },
  },
});
