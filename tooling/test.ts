// The whole test run: builds, tests, and ends with the line "N passed, N failed".
import { mkdir, readFile } from "node:fs/promises";
import { run } from "./run.ts";
import "./build.ts";

const report = ".cache/test-report.json";
await mkdir(".cache", { recursive: true });
const code = await run("vitest", [
  "run",
  "--reporter=default",
  "--reporter=json",
  `--outputFile.json=${report}`,
  ...process.argv.slice(2),
]);

const { numPassedTests, numFailedTests, numPendingTests, testResults } = JSON.parse(
  await readFile(report, "utf8"),
);
// A file that could not be loaded has no tests to count, and is a failure all the same.
const broken = testResults.filter(
  ({ status, assertionResults }: { status: string; assertionResults: unknown[] }) =>
    status === "failed" && assertionResults.length === 0,
).length;
const failed = numFailedTests + broken;
// A run can also fail outside every test, by an unhandled rejection: it must not say "0 failed" then.
const reported = code !== 0 && failed === 0 ? 1 : failed;
const skipped = numPendingTests > 0 ? `, ${numPendingTests} skipped` : "";
console.log(`${numPassedTests} passed, ${reported} failed${skipped}`);
process.exitCode = code;
