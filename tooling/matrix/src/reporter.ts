import type { Reporter, TestCase, TestModule, TestSuite } from "vitest/node";
import { type Group, GROUPS, type Outcome, type Row } from "./results.ts";

/** Collects the results of each store, and prints them as soon as they are there. */
export class MatrixReporter implements Reporter {
  readonly rows: Row[] = [];
  /** Errors outside of tests, after which the results are incomplete. */
  readonly errors: string[] = [];

  onTestSuiteResult(suite: TestSuite): void {
    // Suites within it contain groups of its checks.
    if (suite.parent.type === "suite") return;
    const row = rowOf(suite.name, [...suite.children.allTests()]);
    this.rows.push(row);
    console.error(`  ${row.notRun === undefined ? "✓" : "–"} ${row.name}${failuresIn(row)}`);
  }

  onTestModuleEnd(testModule: TestModule): void {
    this.errors.push(...testModule.errors().map(({ message }) => message));
  }

  onTestRunEnd(_modules: unknown, errors: readonly { readonly message: string }[]): void {
    this.errors.push(...errors.map(({ message }) => message));
  }
}

function failuresIn({ failures }: Row): string {
  return failures.map(({ check, message }) => `\n    failed: ${check}: ${message}`).join("");
}

function rowOf(name: string, tests: readonly TestCase[]): Row {
  const [only] = tests;
  if (only !== undefined && tests.length === 1 && only.result().state === "skipped") {
    return { name, notRun: only.name, failures: [] };
  }
  const row: Row = { name, failures: [] };
  for (const test of tests) {
    const path = suitesOf(test);
    const group = GROUPS.find((each) => each === path[1]);
    if (group !== undefined) count((row[group] ??= { passed: 0, failed: 0, skipped: 0 }), test);
    Object.assign(row, test.meta().matrix);
    if (test.result().state === "failed") row.failures.push(failureOf(test, group, path.slice(2)));
  }
  return row;
}

/** The names of the suites around a test, the outermost first. */
function suitesOf(test: TestCase): string[] {
  const names: string[] = [];
  for (let { parent } = test; parent.type === "suite"; parent = parent.parent as typeof parent) {
    names.unshift(parent.name);
  }
  return names;
}

function count(outcome: Outcome, test: TestCase): void {
  const { state } = test.result();
  if (state === "passed") outcome.passed += 1;
  else if (state === "failed") outcome.failed += 1;
  else outcome.skipped += 1;
}

function failureOf(
  test: TestCase,
  group: Group | undefined,
  path: readonly string[],
): Row["failures"][number] {
  const [message = ""] = test.result().errors?.[0]?.message.split("\n") ?? [];
  return {
    group: group ?? "measured",
    check: [...path, test.name].join(" › "),
    message: message.slice(0, 200),
  };
}
