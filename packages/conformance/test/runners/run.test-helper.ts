import { spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";

/** A test runner and how users start it. */
export interface TestRunner {
  readonly name: string;
  /** The file that registers the suite. */
  readonly file: string;
  readonly command: readonly string[];
  /** The option that selects tests by title, to be followed by a pattern. */
  readonly titleOption: string;
  /** Patterns that capture the number of tests from the runner's summary. */
  readonly counts: Readonly<Record<keyof Counts, RegExp>>;
}

export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export interface Outcome {
  readonly exitCode: unknown;
  /** Standard output and standard error, without colours. */
  readonly output: string;
  readonly counts: Counts;
}

export interface RunOptions {
  readonly harness: "good" | "broken";
  /** A pattern for the titles of the tests to run. All tests run by default. */
  readonly titles?: string;
}

/** Returns the path of a file in an installed package. */
function fileIn(name: string, file: string): string {
  return join(dirname(createRequire(import.meta.url).resolve(`${name}/package.json`)), file);
}

export const TEST_RUNNERS: readonly TestRunner[] = [
  {
    name: "node:test",
    file: "node.test.js",
    command: [process.execPath, "--test", "--test-reporter=spec"],
    titleOption: "--test-name-pattern=",
    counts: { passed: /^ℹ pass (\d+)$/mu, failed: /^ℹ fail (\d+)$/mu, skipped: /^ℹ skipped (\d+)$/mu },
  },
  {
    name: "Vitest",
    file: "vitest.test.js",
    command: [process.execPath, fileIn("vitest", "vitest.mjs"), "run", "--root=.", "--reporter=verbose"],
    titleOption: "--testNamePattern=",
    counts: {
      passed: /^ +Tests .*?(\d+) passed/mu,
      failed: /^ +Tests .*?(\d+) failed/mu,
      skipped: /^ +Tests .*?(\d+) skipped/mu,
    },
  },
  {
    name: "Jest",
    file: "jest.test.js",
    command: [process.execPath, "--experimental-vm-modules", fileIn("jest", "bin/jest.js"), "--rootDir=."],
    titleOption: "--testNamePattern=",
    counts: {
      passed: /^Tests: .*?(\d+) passed/mu,
      failed: /^Tests: .*?(\d+) failed/mu,
      skipped: /^Tests: .*?(\d+) skipped/mu,
    },
  },
  {
    name: "Mocha",
    file: "mocha.test.js",
    command: [process.execPath, fileIn("mocha", "bin/mocha.js"), "--no-config"],
    titleOption: "--grep=",
    counts: { passed: /(\d+) passing/u, failed: /(\d+) failing/u, skipped: /(\d+) pending/u },
  },
  {
    name: "Bun's runner",
    file: "bun.test.js",
    command: [fileIn("bun", "bin/bun.exe"), "test"],
    titleOption: "--test-name-pattern=",
    counts: { passed: /^ *(\d+) pass$/mu, failed: /^ *(\d+) fail$/mu, skipped: /^ *(\d+) skip$/mu },
  },
];

/** Runs a file of this folder under the runner, in a child process. */
export async function runWith(
  runner: Pick<TestRunner, "command" | "titleOption" | "file" | "counts">,
  { harness, titles }: RunOptions,
): Promise<Outcome> {
  const [command = "", ...parameters] = runner.command;
  const selection = titles === undefined ? [] : [`${runner.titleOption}${titles}`];
  const child = spawn(command, [...parameters, ...selection, `./${runner.file}`], {
    cwd: import.meta.dirname,
    env: { ...environment(), HARNESS: harness },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [out, err, [exitCode]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "close"),
  ]);
  const output = out + err;
  const count = (pattern: RegExp): number => Number(pattern.exec(output)?.[1] ?? 0);
  const { passed, failed, skipped } = runner.counts;
  return {
    exitCode,
    output,
    counts: { passed: count(passed), failed: count(failed), skipped: count(skipped) },
  };
}

/** Returns the environment without the variables that the current test runner sets for its workers. */
function environment(): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(?:VITEST|JEST|NODE_TEST|NODE_OPTIONS|NODE_ENV|FORCE_COLOR)/u.test(name),
  );
  return { ...Object.fromEntries(inherited), NO_COLOR: "1" };
}
