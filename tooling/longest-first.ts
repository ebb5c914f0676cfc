import { BaseSequencer, type TestSpecification } from "vitest/node";

/**
 * Files that take ten seconds and more, the longest first. They begin before the others, so that none is left to run
 * alone in the end. One that is missing here costs a little time, no more.
 */
const longest = [
  "conformance/test/mutants/mutants.test.ts",
  "s3/src/conformance.test.ts",
  "azure-blob/src/conformance.disk.test.ts",
  "azure-blob/src/conformance.test.ts",
  "redis/src/conformance.test.ts",
  "conformance/test/runners/runners.test.ts",
  "redis/src/faults.test.ts",
  "file-system/src/conformance.test.ts",
  "azure-blob/src/races.test.ts",
  "conformance/test/stores/key-value/key-value-store.test.ts",
  "file-system/src/processes.test.ts",
  "s3/src/processes.test.ts",
  "sqlite/src/conformance.test.ts",
  "redis/src/failover.test.ts",
  "s3/src/s3-store.test.ts",
  "conformance/test/cli/cli.test.ts",
  "sqlite/src/processes.test.ts",
];

/** The order in which Vitest hands test files to its workers. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    // oxlint-disable-next-line unicorn/no-array-sort -- It is no array's.
    const others = await super.sort(files);
    return others.toSorted((one, other) => rank(one) - rank(other));
  }
}

function rank({ moduleId }: TestSpecification): number {
  const found = longest.findIndex((file) => moduleId.endsWith(`/${file}`));
  return found === -1 ? longest.length : found;
}
