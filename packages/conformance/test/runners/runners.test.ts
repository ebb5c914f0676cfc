import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { cases } from "../../src/index.ts";
import { missingCapabilities } from "../../src/suite/run-case.ts";
import { runWith, TEST_RUNNERS, type TestRunner } from "./run.test-helper.ts";

const bareHarness = { name: "", open: () => Promise.reject(new Error()), destroy: () => Promise.resolve() };
const skipped = cases.filter((each) => missingCapabilities(bareHarness, each).length > 0);
/** Number of registered tests that are not cases. */
const SELF_CHECKS = 1;
/** Without the random calls, which take longest. */
const valueCases = cases.filter(({ id }) => /^V1-\d$/u.test(id));

/** Whether a runner runs all cases. With quick effort only the first one does: the store is the same for all. */
function isComplete(runner: TestRunner): boolean {
  return process.env["THREADSTORE_CONFORMANCE_EFFORT"] !== "quick" || runner === TEST_RUNNERS[0];
}

/** Expects that the output names the cases and says which capability each of them lacks. */
function expectSkipped(output: string, expected: typeof cases): void {
  expect(expected.length).toBeGreaterThan(0);
  for (const { id } of expected) {
    expect(output).toMatch(new RegExp(String.raw`\[${id}\] .+ \(not exercised: the harness lacks \w+`, "u"));
  }
}

describe.each(TEST_RUNNERS)("$name", (runner) => {
  it.runIf(isComplete(runner))("runs each case as a test and skips those that cannot run", async () => {
    const { exitCode, output, counts } = await runWith(runner, { harness: "good" });
    expect([exitCode, counts], output).toEqual([
      0,
      { passed: cases.length - skipped.length + SELF_CHECKS, failed: 0, skipped: skipped.length },
    ]);
    expectSkipped(output, skipped);
  });

  it("runs the cases of a section and skips those that need a missing capability", async () => {
    const section = cases.filter(({ id }) => id.startsWith("E"));
    const skippedOfSection = section.filter((each) => skipped.includes(each));
    const { exitCode, output, counts } = await runWith(runner, {
      harness: "good",
      titles: String.raw`\[E\d-\d+\]`,
    });
    expect(exitCode, output).toBe(0);
    expect([counts.passed, counts.failed], output).toEqual([section.length - skippedOfSection.length, 0]);
    expectSkipped(output, skippedOfSection);
  });

  it("fails for a broken store, reports the promise that it broke, and expects known failures", async () => {
    const { exitCode, output, counts } = await runWith(runner, {
      harness: "broken",
      titles: String.raw`\[E1-1\]|\[E3-[12]\]|\[V1-\d\]`,
    });
    expect(exitCode, output).not.toBe(0);
    expect(counts.failed).toBeGreaterThan(1);
    expect(counts.passed).toBeGreaterThan(valueCases.length / 2);
    expect(output).toContain("[E1-1] loading a missing thread returns undefined");
    expect(output).toContain(
      "Expected: loading an id that was never saved returns undefined. Actual: got null",
    );
    expect(output).toContain("E3-2 is a known failure, but it passes. Remove the known failure.");
    expect(output).not.toContain("E3-1 is a known failure, but");
  });

  it("fails a complete run that left out cases", async () => {
    const { exitCode, output, counts } = await runWith(runner, {
      harness: "good",
      titles: String.raw`\[E1-1\]|\[all\]`,
    });
    expect(exitCode, output).not.toBe(0);
    expect(counts.passed).toBe(2);
    expect(output).toContain("Cases did not run for my store: V1-1, ");
  });
});

describe("README.md", () => {
  it("contains the files that these tests run", async () => {
    const readme = await readFile(new URL("../../README.md", import.meta.url), "utf8");
    for (const file of ["example.ts", ...TEST_RUNNERS.map((each) => each.file)]) {
      if (file === "node.test.js") continue;
      expect(readme, file).toContain(await readFile(new URL(file, import.meta.url), "utf8"));
    }
  });

  it("has a working example", async () => {
    const [nodeTest] = TEST_RUNNERS;
    if (nodeTest === undefined) throw new Error("No test runners are defined.");
    const example = { ...nodeTest, file: "example.ts" };
    const { exitCode, counts } = await runWith(example, { harness: "good", titles: String.raw`\[C2-3\]` });
    expect([exitCode, counts]).toEqual([0, { passed: 1, failed: 0, skipped: 0 }]);
  });
});
