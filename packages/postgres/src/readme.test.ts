import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { describeWithService } from "@threadstore/services/vitest";
import { expect, test } from "vitest";
import { postgresStore } from "./postgres-store.ts";
import { packageFolder, readmeBlock } from "./readme.test-helper.ts";

await describeWithService("postgres", "the README's example", ({ url }) => {
  test("runs on the built package, and resumes where the first run stopped", async () => {
    // Inside the package folder, so that the package resolves itself.
    const program = mkdtempSync(join(packageFolder, "dist", "readme-"));
    await using store = postgresStore({ url });
    try {
      writeFileSync(join(program, "example.ts"), readmeBlock("ts"));
      const env = { ...process.env, DATABASE_URL: url };
      const run = () => promisify(execFile)(process.execPath, [join(program, "example.ts")], { env });
      expect((await run()).stdout).toBe("Visit 1.\n");
      expect((await run()).stdout).toBe("Visit 2.\n");
    } finally {
      rmSync(program, { recursive: true });
      await store.delete("support-4711");
    }
  });
});
