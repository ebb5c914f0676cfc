import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, inject, it } from "vitest";
import { describeWithService } from "./describe-with-service.ts";

interface Report {
  readonly success: boolean;
  readonly testResults: readonly {
    readonly message: string;
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
}

/** Runs the fixture on a machine that has no servers. */
async function runFixture(ci: string): Promise<Report> {
  const config = join(import.meta.dirname, "fixture/vitest.config.ts");
  const directory = await mkdtemp(join(tmpdir(), "threadstore-services-"));
  try {
    const file = join(directory, "report.json");
    const reporting = ["--reporter=json", `--outputFile=${file}`];
    const running = promisify(execFile)("vitest", ["run", "--config", config, ...reporting], {
      env: { ...process.env, CI: ci },
    });
    // The report tells whether it failed.
    await running.catch(() => undefined);
    return JSON.parse(await readFile(file, "utf8")) as Report;
  } finally {
    await rm(directory, { recursive: true });
  }
}

await describeWithService("redis", "describeWithService", ({ url }) => {
  it("gives the suite its server", () => {
    expect(url).toMatch(/^redis:/u);
    expect(inject("serviceHost")).toMatch(/^http:/u);
  });
});

describe("describeWithService without a server", () => {
  it("skips the suite by name, with the remedy, and no other", async () => {
    const { success, testResults } = await runFixture("");
    expect(success).toBe(true);
    const results = testResults[0]?.assertionResults.map(({ fullName, status }) => [fullName, status]);
    expect(results).toEqual([
      ["a store redis is not here. Install it.", "skipped"],
      ["needs no server", "passed"],
    ]);
  });

  it("fails in CI, where every server must be had", async () => {
    const { success, testResults } = await runFixture("true");
    expect(success).toBe(false);
    expect(testResults[0]?.message).toContain("redis is not here. Install it.");
  });
});
