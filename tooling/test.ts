// Builds the workspace and runs all tests. The last line is "N passed, N failed". With --full, the conformance suite
// repeats its cases as often as its default says, and makes random calls that no run has made before.
import { randomInt } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { run } from "./run.ts";
import { readReport, REPORT_FILE } from "./test-report.ts";
import "./build.ts";

const isFull = process.argv.includes("--full");
const parameters = process.argv.slice(2).filter((parameter) => parameter !== "--full");
process.env["THREADSTORE_CONFORMANCE_EFFORT"] ??= isFull ? "full" : "quick";
process.env["THREADSTORE_CONFORMANCE_SEED"] ??= String(isFull ? randomInt(2 ** 31) : 1);
const { THREADSTORE_CONFORMANCE_EFFORT: effort, THREADSTORE_CONFORMANCE_SEED: seed } = process.env;
console.log(`▸ Test, effort ${effort}, THREADSTORE_CONFORMANCE_SEED=${seed}`);

await mkdir(".cache", { recursive: true });
const reporting = ["--reporter=default", "--reporter=json", `--outputFile.json=${REPORT_FILE}`];
const started = Date.now();
const code = await run("vitest", ["run", ...reporting, ...parameters]);
const report = readReport();
if (report === undefined || report.startTime < started)
  throw new Error(`Vitest did not write a report (exit code ${code}).`);

const { numPassedTests, numFailedTests, numPendingTests, testResults } = report;
// A file that fails to load contains no tests that could be counted, but it is a failure.
const brokenFiles = testResults.filter(
  ({ status, assertionResults }) => status === "failed" && assertionResults.length === 0,
);
const failures = numFailedTests + brokenFiles.length;
// An unhandled rejection outside all tests fails a run, too.
const failed = code !== 0 && failures === 0 ? 1 : failures;
const skipped = numPendingTests > 0 ? `, ${numPendingTests} skipped` : "";
if (failed > 0) {
  console.log(
    `To repeat these random calls, set THREADSTORE_CONFORMANCE_SEED=${seed} THREADSTORE_CONFORMANCE_EFFORT=${effort}.`,
  );
}
console.log(`${numPassedTests} passed, ${failed} failed${skipped}`);
process.exitCode = code;
