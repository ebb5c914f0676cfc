import { BaseSequencer, type TestSpecification } from "vitest/node";
import { readReport } from "./test-report.ts";

/** The names of files that take long, the longest first: for files that the last report does not have. */
export const LONG_RUNNING: readonly RegExp[] = [
  /\/mutants\.test\.ts$/u,
  /\/conformance[\w.]*\.test\.ts$/u,
  /\/runners\.test\.ts$/u,
  /\/(crashes|races|processes)\.test\.ts$/u,
  /\/(model|page|page\.full)\.test\.ts$/u,
  /\/(faults|failover)\.test\.ts$/u,
  /\/(cli|web-chat|use-chat|assistant-ui|properties|linearizability)\.test\.ts$/u,
];

/**
 * Hands test files to the workers in the order of their last duration, the longest first, so that no long file starts
 * last and runs alone at the end.
 */
export class LongestFirst extends BaseSequencer {
  readonly #lastDurations: ReadonlyMap<string, number> = lastDurations();

  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    // oxlint-disable-next-line unicorn/no-array-sort -- This is not an array's `sort`.
    const sorted = await super.sort(files);
    return sorted.toSorted((a, b) => this.#durationOf(b.moduleId) - this.#durationOf(a.moduleId));
  }

  #durationOf(file: string): number {
    return this.#lastDurations.get(file) ?? estimateOf(file);
  }
}

/** Estimates the duration of a file that the last report does not have, in milliseconds. */
function estimateOf(file: string): number {
  const index = LONG_RUNNING.findIndex((pattern) => pattern.test(file));
  return index === -1 ? 0 : (LONG_RUNNING.length - index) * 20_000;
}

function lastDurations(): Map<string, number> {
  const files = readReport()?.testResults ?? [];
  return new Map(files.map(({ name, startTime, endTime }) => [name, endTime - startTime]));
}
