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
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

/** Runs a file of the fixture against the fake host. */
async function runFixture(name: string, ci = ""): Promise<Report> {
  const config = join(import.meta.dirname, "fixture/vitest.config.ts");
  const directory = await mkdtemp(join(tmpdir(), "threadstore-services-"));
  try {
    const file = join(directory, "report.json");
    const reporting = ["--reporter=json", `--outputFile=${file}`];
    const running = promisify(execFile)("vitest", ["run", "--config", config, ...reporting], {
      env: { ...process.env, CI: ci, FIXTURE: name },
    });
    // The report says whether it failed.
    await running.catch(() => undefined);
    return JSON.parse(await readFile(file, "utf8")) as Report;
  } finally {
    await rm(directory, { recursive: true });
  }
}

await describeWithService("redis", "describeWithService", ({ url }) => {
  it("passes the endpoint to the suite", () => {
    expect(url).toMatch(/^redis:/u);
    expect(inject("serviceHost")).toMatch(/^http:/u);
  });
});

describe("describeWithService without a server", () => {
  it("skips this suite only, with the remedy in its name", async () => {
    const { success, testResults } = await runFixture("needs-redis");
    expect(success).toBe(true);
    const results = testResults[0]?.assertionResults.map(({ fullName, status }) => [fullName, status]);
    expect(results).toEqual([
      ["a store redis is not installed. Install it.", "skipped"],
      ["needs no server", "passed"],
    ]);
  });

  it("fails in CI, where every server must be available", async () => {
    const { success, testResults } = await runFixture("needs-redis", "true");
    expect(success).toBe(false);
    expect(testResults[0]?.message).toContain("redis is not installed. Install it.");
  });
});

describe("describeWithService, when a test fails", () => {
  it("adds the server's state and log to the error", async () => {
    const { testResults } = await runFixture("needs-azurite");
    const [passed, failed] = testResults[0]?.assertionResults ?? [];
    expect(passed).toMatchObject({ status: "passed", failureMessages: [] });
    expect(failed?.failureMessages[0]).toContain("azurite is running. Its log is empty.");
  });
});
