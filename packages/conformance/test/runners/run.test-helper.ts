import { spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";

/** A test runner, as people start it. */
export interface TestRunner {
  readonly name: string;
  /** The file that registers the suite. */
  readonly file: string;
  readonly command: readonly string[];
  /** Before the pattern of the titles that are to run. */
  readonly only: string;
  /** What it says in the end, and which number that is. */
  readonly counts: Readonly<Record<keyof Counts, RegExp>>;
}

export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export interface Outcome {
  readonly exitCode: unknown;
  /** Everything written, without colours. */
  readonly output: string;
  readonly counts: Counts;
}

export interface RunOptions {
  readonly harness: "good" | "broken" | "waived";
  /** A pattern of titles. */
  readonly only?: string;
}

const node = process.execPath;

function fileIn(name: string, file: string): string {
  return join(dirname(createRequire(import.meta.url).resolve(`${name}/package.json`)), file);
}

export const testRunners: readonly TestRunner[] = [
  {
    name: "node:test",
    file: "node.test.js",
    command: [node, "--test", "--test-reporter=spec"],
    only: "--test-name-pattern=",
    counts: { passed: /^ℹ pass (\d+)$/mu, failed: /^ℹ fail (\d+)$/mu, skipped: /^ℹ skipped (\d+)$/mu },
  },
  {
    name: "Vitest",
    file: "vitest.test.js",
    command: [node, fileIn("vitest", "vitest.mjs"), "run", "--root=.", "--reporter=verbose"],
    only: "--testNamePattern=",
    counts: {
      passed: /^ +Tests .*?(\d+) passed/mu,
      failed: /^ +Tests .*?(\d+) failed/mu,
      skipped: /^ +Tests .*?(\d+) skipped/mu,
    },
  },
  {
    name: "Jest",
    file: "jest.test.js",
    command: [node, "--experimental-vm-modules", fileIn("jest", "bin/jest.js"), "--rootDir=."],
    only: "--testNamePattern=",
    counts: {
      passed: /^Tests: .*?(\d+) passed/mu,
      failed: /^Tests: .*?(\d+) failed/mu,
      skipped: /^Tests: .*?(\d+) skipped/mu,
    },
  },
  {
    name: "Mocha",
    file: "mocha.test.js",
    command: [node, fileIn("mocha", "bin/mocha.js"), "--no-config"],
    only: "--grep=",
    counts: { passed: /(\d+) passing/u, failed: /(\d+) failing/u, skipped: /(\d+) pending/u },
  },
  {
    name: "Bun's runner",
    file: "bun.test.js",
    command: [fileIn("bun", "bin/bun.exe"), "test"],
    only: "--test-name-pattern=",
    counts: { passed: /^ *(\d+) pass$/mu, failed: /^ *(\d+) fail$/mu, skipped: /^ *(\d+) skip$/mu },
  },
];

/** Runs a file of this folder with the runner, in a process of its own. */
export async function runWith(
  runner: Pick<TestRunner, "command" | "only" | "file" | "counts">,
  { harness, only }: RunOptions,
): Promise<Outcome> {
  const [command = "", ...parameters] = runner.command;
  const selection = only === undefined ? [] : [`${runner.only}${only}`];
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

/** As in a shell of its own: without what the runner that runs this tells its workers. */
function environment(): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(
    ([name]) => !/^(?:VITEST|JEST|NODE_TEST|NODE_OPTIONS|NODE_ENV|FORCE_COLOR)/u.test(name),
  );
  return { ...Object.fromEntries(own), NO_COLOR: "1" };
}
