import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { cases } from "../../src/index.ts";
import { missingPowers } from "../../src/suite/run-case.ts";
import { runWith, testRunners } from "./run.test-helper.ts";

const withoutPowers = { name: "", open: () => Promise.reject(new Error()), destroy: () => Promise.resolve() };
const skipped = cases.filter((each) => missingPowers(withoutPowers, each).length > 0);
/** Tests that are no case. */
const selfChecks = 1;
const valueCases = cases.filter(({ id }) => id.startsWith("V1-"));

describe.each(testRunners)("$name", (runner) => {
  it("runs each case as a test, and skips those that need a power", async () => {
    const { exitCode, output, counts } = await runWith(runner, { harness: "good" });
    expect([exitCode, counts], output).toEqual([
      0,
      { passed: cases.length - skipped.length + selfChecks, failed: 0, skipped: skipped.length },
    ]);
    for (const { id } of skipped) {
      expect(output).toMatch(
        new RegExp(String.raw`\[${id}\] .+ \(not exercised: the harness lacks \w+`, "u"),
      );
    }
  });

  it("fails for a broken store, and says which promise it broke", async () => {
    const { exitCode, output, counts } = await runWith(runner, {
      harness: "broken",
      only: String.raw`\[E1-1\]|\[V1-\d+\]`,
    });
    expect(exitCode, output).not.toBe(0);
    expect(counts.failed).toBeGreaterThan(0);
    expect(counts.passed).toBeGreaterThan(valueCases.length / 2);
    expect(output).toContain("[E1-1] load of nothing is undefined");
    expect(output).toContain("Promised: load of an id that was never saved is undefined. Happened: got null");
  });

  it("passes a known failure, and fails a waiver of what passes", async () => {
    const { exitCode, output, counts } = await runWith(runner, {
      harness: "waived",
      only: String.raw`\[E1-1\]|\[E3-2\]`,
    });
    expect(exitCode, output).not.toBe(0);
    expect([counts.passed, counts.failed]).toEqual([1, 1]);
    expect(output).toContain("E3-2 passes, though it is waived. Remove the waiver.");
    expect(output).not.toContain("E1-1 passes");
  });

  it("fails a whole run that left out what is due", async () => {
    const { exitCode, output, counts } = await runWith(runner, {
      harness: "good",
      only: String.raw`\[E1-1\]|\[all\]`,
    });
    expect(exitCode, output).not.toBe(0);
    expect(counts.passed).toBe(2);
    expect(output).toContain("Cases that are due on my store did not run: V1-1, ");
  });
});

describe("README.md", () => {
  it("shows the files that run here", async () => {
    const readme = await readFile(new URL("../../README.md", import.meta.url), "utf8");
    for (const file of ["example.ts", ...testRunners.map((each) => each.file)]) {
      if (file === "node.test.js") continue;
      expect(readme, file).toContain(await readFile(new URL(file, import.meta.url), "utf8"));
    }
  });

  it("has an example that runs", async () => {
    const [nodeTest] = testRunners;
    if (nodeTest === undefined) throw new Error("There are no runners.");
    const example = { ...nodeTest, file: "example.ts" };
    const { exitCode, counts } = await runWith(example, { harness: "good", only: String.raw`\[C2-3\]` });
    expect([exitCode, counts]).toEqual([0, { passed: 1, failed: 0, skipped: 0 }]);
  });
});
