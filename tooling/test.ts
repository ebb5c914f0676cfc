// The whole test run: builds, tests, and ends with the line "N passed, N failed". With --full it takes its time:
// as many repetitions as the conformance suite has, and random calls that no run has made before.
import { randomInt } from "node:crypto";
import { mkdir, readFile } from "node:fs/promises";
import { run } from "./run.ts";
import "./build.ts";

const parameters = process.argv.slice(2).filter((each) => each !== "--full");
const isFull = parameters.length < process.argv.length - 2;
process.env["THREADSTORE_CONFORMANCE_EFFORT"] ??= isFull ? "full" : "quick";
process.env["THREADSTORE_CONFORMANCE_SEED"] ??= String(isFull ? randomInt(2 ** 31) : 1);
const { THREADSTORE_CONFORMANCE_EFFORT: effort, THREADSTORE_CONFORMANCE_SEED: seed } = process.env;
console.log(`▸ Test, effort ${effort}, THREADSTORE_CONFORMANCE_SEED=${seed}`);

const report = ".cache/test-report.json";
await mkdir(".cache", { recursive: true });
const code = await run("vitest", [
  "run",
  "--reporter=default",
  "--reporter=json",
  `--outputFile.json=${report}`,
  ...parameters,
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
if (reported > 0)
  console.log(`Random calls came from THREADSTORE_CONFORMANCE_SEED=${seed}, effort ${effort}.`);
console.log(`${numPassedTests} passed, ${reported} failed${skipped}`);
process.exitCode = code;
