import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["packages/*/src/**/*.test.ts", "examples/**/*.test.ts", "tooling/**/*.test.ts"],
    globalSetup: "tooling/services/src/vitest/global-setup.ts",
    // Child processes, fsync and whole builds: slow machines need more than the default 5 s.
    testTimeout: 30_000,
  },
});
