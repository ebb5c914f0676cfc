import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { cases } from "../../index.ts";
import { missingPowers } from "../../execution/run-case.ts";

interface Outcome {
  readonly exitCode: unknown;
  readonly output: string;
  readonly count: (what: string) => number;
}

/** Runs a file as `node --test` does, in a process of its own. */
async function nodeTest(file: string, ...flags: string[]): Promise<Outcome> {
  const path = fileURLToPath(new URL(file, import.meta.url));
  const { NODE_TEST_CONTEXT: _context, NODE_OPTIONS: _options, ...environment } = process.env;
  const child = spawn(process.execPath, ["--test", "--test-reporter=tap", ...flags, path], {
    env: environment,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [output, [exitCode]] = await Promise.all([text(child.stdout), once(child, "close")]);
  return {
    exitCode,
    output,
    count: (what) => Number(new RegExp(`^# ${what} (\\d+)$`, "mu").exec(output)?.[1]),
  };
}

const withoutPowers = { name: "", open: () => Promise.reject(new Error()), destroy: () => Promise.resolve() };
const skipped = cases.filter((each) => missingPowers(withoutPowers, each).length > 0);

describe("node:test", () => {
  it(
    "runs the same registration: every case passes, and what needs a power is skipped",
    { timeout: 120_000 },
    async () => {
      const { exitCode, output, count } = await nodeTest("example.ts");
      expect(output).not.toMatch(/^\s*not ok/mu);
      expect(exitCode).toBe(0);
      expect([count("tests"), count("pass"), count("fail"), count("skipped")]).toEqual([
        cases.length,
        cases.length - skipped.length,
        0,
        skipped.length,
      ]);
      for (const { id } of skipped)
        expect(output).toMatch(new RegExp(String.raw`ok \d+ - \\?\[${id}\\?\].*not exercised.*# SKIP`, "u"));
    },
  );

  it("fails for a broken store, and says which promise it broke", { timeout: 120_000 }, async () => {
    const { exitCode, output, count } = await nodeTest("broken.ts");
    expect(exitCode).toBe(1);
    expect(count("fail")).toBeGreaterThan(0);
    expect(count("pass")).toBeGreaterThan(cases.length / 2);
    expect(output).toContain("Promised: load of an id that was never saved is undefined. Happened: got null");
  });

  it("can run a single case by its id", { timeout: 60_000 }, async () => {
    const { exitCode, count } = await nodeTest("example.ts", "--test-name-pattern", String.raw`\[C05\]`);
    expect(exitCode).toBe(0);
    expect(count("pass")).toBe(1);
  });
});

describe("README.md", () => {
  it("shows the example that runs here", async () => {
    const readme = await readFile(new URL("../../../README.md", import.meta.url), "utf8");
    const example = await readFile(new URL("example.ts", import.meta.url), "utf8");
    expect(readme).toContain(`\`\`\`ts\n${example}\`\`\``);
  });
});
