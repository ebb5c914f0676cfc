import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { main } from "../../src/cli/main.ts";
import { cases, type Report } from "../../src/index.ts";

const bin = fileURLToPath(new URL("../../bin/threadstore-conformance.js", import.meta.url));
const good = fileURLToPath(new URL("./good.ts", import.meta.url));
const broken = fileURLToPath(new URL("./broken.ts", import.meta.url));

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "conformance-cli-"));
});
afterAll(() => rm(folder, { recursive: true }));

interface Outcome {
  readonly exitCode: unknown;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command line in a child process whose output is not a terminal. */
function cli(...parameters: string[]): Promise<Outcome> {
  return cliUnder(process.execPath, ...parameters);
}

async function cliUnder(runtime: string, ...parameters: string[]): Promise<Outcome> {
  const { THREADSTORE_CONFORMANCE_EFFORT: _, THREADSTORE_CONFORMANCE_SEED: _seed, ...env } = process.env;
  const child = spawn(runtime, [bin, ...parameters], { cwd: folder, env });
  const [stdout, stderr, [exitCode]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "close"),
  ]);
  return { exitCode, stdout, stderr };
}

/** The path of the Bun executable. Its package contains a placeholder until the installation has finished. */
const bun = join(dirname(createRequire(import.meta.url).resolve("bun/package.json")), "bin/bun.exe");

/** Writes a file to the working directory of the command line. Returns its relative path. */
async function file(name: string, content: string): Promise<string> {
  await writeFile(join(folder, name), content);
  return `./${name}`;
}

/** Writes a module whose harness supports network faults and child processes. */
function networkHarness(name: string): Promise<string> {
  const harness = new URL("../stores/key-value/key-value-harness.ts", import.meta.url).href;
  return file(
    name,
    `import { keyValueHarness } from ${JSON.stringify(harness)};
     export const harness = keyValueHarness("a network store");`,
  );
}

describe("a run", () => {
  it("reports each tier of a correct store and exits with 0", async () => {
    const { exitCode, stdout, stderr } = await cli(good, "--effort=quick");
    expect(exitCode).toBe(0);
    const names = cases.filter(({ section }) => section === "Names").length;
    expect(stdout).toMatch(new RegExp(`^Names +${names} +0 +0 +0$`, "mu"));
    expect(stdout).toContain("a good store");
    expect(stdout).toMatch(/^Not exercised\. The harness lacks entries\. .*\bD3-1\b/mu);
    expect(stdout).toMatch(/^core +~ partial +\d+ +0 +0 +[1-9]/mu);
    expect(stdout).toMatch(/^Not exercised\. The harness lacks childProcess\. .*\bF3-10\b/mu);
    const caseLines = stderr
      .trim()
      .split("\n")
      .filter((line) => !line.startsWith("still running"));
    expect(caseLines).toHaveLength(cases.length);
    expect(stderr).toMatch(/^passed {9}E1-1 {2}loading a missing thread returns undefined \(\d+ ms\)$/mu);
    expect(stdout + stderr).not.toContain("\u001b");
  });

  it("explains each failure of a broken store and exits with 1", async () => {
    const { exitCode, stdout, stderr } = await cli(
      broken,
      "--case",
      "E1-1,e3-2",
      "--case=E3-1",
      "--case",
      "E2-1",
    );
    expect(exitCode).toBe(1);
    expect(stdout).toContain(
      "failed  E1-1  loading a missing thread returns undefined (E1)\n" +
        "  Expected: loading an id that was never saved returns undefined. Actual: got null instead of undefined.\n" +
        `  Reproduce: npx threadstore-conformance ${broken} --case E1-1 --seed 1 --effort full\n`,
    );
    expect(stdout).toMatch(/^known failure {2}E3-1 .+\n {2}load returns null$/mu);
    expect(stdout).toMatch(/^Existence +2 +1 +1 +0$/mu);
    expect(stdout).toMatch(/^All +2 +1 +1 +0$/mu);
    expect(stdout).toContain("Broken clauses: E1\n");
    expect(stdout).toMatch(/^core +✗ failed +2 +1 +1 +0 +\d+\.\d$/mu);
    expect(stdout).toMatch(/^concurrent +- not run +0 +0 +0 +0 +0\.0$/mu);
    expect(stderr).toMatch(/^failed {9}E1-1/mu);
  });

  it("can select tiers, and reports one as passed if all its cases passed", async () => {
    const harness = await networkHarness("hygiene.ts");
    const tiers = ["--tier", "hygiene", "--tier=hygiene,hygiene"];
    const { exitCode, stdout } = await cli(harness, ...tiers, "--effort", "quick");
    expect([exitCode, stdout]).toEqual([0, expect.stringMatching(/^core +- not run/mu)]);
    expect(stdout).toMatch(/^hygiene +✓ passed +\d+ +0 +0 +0 +\d+\.\d$/mu);
  });

  it("exits with 1 if no case was selected or none could run", async () => {
    for (const selection of [["--case", "E1-1", "--tier", "hygiene"], ["--case=D3-1"]]) {
      const { exitCode, stdout } = await cli(good, ...selection);
      expect(exitCode).toBe(1);
      expect(stdout).toContain("No case passed, so this run proves nothing.");
    }
  });

  it("repeats each case until it fails", async () => {
    const { exitCode, stdout } = await cli(broken, "--case=C1-1,L4-1", "--repeat", "5", "--json");
    expect(exitCode).toBe(1);
    const { results } = JSON.parse(stdout) as Report;
    expect(results.map(({ case: id, status, runs, seed }) => [id, status, runs, seed])).toEqual([
      ["C1-1", "failed", 2, 2],
      ["L4-1", "passed", 5, 5],
    ]);
    const summary = await cli(broken, "--case=C1-1", "--repeat=5", "--seed=70");
    expect(summary.stdout).toContain("(C1, in run 2)");
    expect(summary.stdout).toContain("--case C1-1 --seed 71 --effort");
  });

  it("names the case of an unhandled rejection and exits with 1", async () => {
    const { exitCode, stderr } = await cli(broken, "--case=C1-2");
    expect(exitCode).toBe(1);
    expect(stderr).toContain("Unhandled rejection during C1-2: Error: unhandled on purpose");
  });

  it("passes the seed to the harness", async () => {
    const seeded = await file(
      "seeded.ts",
      `import { harness as inner } from ${JSON.stringify(good)};
       const { THREADSTORE_CONFORMANCE_SEED: seed = "none" } = process.env;
       export const harness = { ...inner, name: "seed " + seed as string };`,
    );
    expect((await cli(seeded, "--case=E1-1", "--seed=-12345")).stdout).toContain("seed -12345");
    expect((await cli(seeded, "--case=E1-1")).stdout).toContain("seed none");
    expect((await cli(seeded, "--case=E1-1", "--seed=random")).stdout).toMatch(/seed [1-9]\d*$/mu);
  });

  it("passes the effort to the harness and reports it", async () => {
    const effortHarness = await file(
      "effort.ts",
      `import { harness as inner } from ${JSON.stringify(good)};
       const { THREADSTORE_CONFORMANCE_EFFORT: effort = "none" } = process.env;
       export const harness = { ...inner, name: "effort " + effort as string };`,
    );
    const { stdout } = await cli(effortHarness, "--case=E1-1", "--effort=quick", "--json");
    expect(JSON.parse(stdout)).toMatchObject({ harness: "effort quick", effort: "quick" });
  });

  it("runs under Bun, including network faults and child processes", async () => {
    const harness = await networkHarness("bun.ts");
    const ids = "E1-1,C6-1,F5-1,F3-7,F2-6,E1-3,C5-2,F6-2";
    const { exitCode, stdout } = await cliUnder(bun, harness, "--case", ids, "--effort=quick");
    expect([exitCode, stdout]).toEqual([0, expect.stringMatching(/^All +8 +0 +0 +0$/mu)]);
  });

  it("accepts a default export, and exits even if the module leaves a timer running", async () => {
    const module = await file(
      "default.mjs",
      `export { harness as default } from ${JSON.stringify(good)}; setInterval(() => {}, 1000);`,
    );
    expect((await cli(module, "--case=E1-1")).exitCode).toBe(0);
  });
});

describe("a report", () => {
  it("is printed as JSON with --json and written as JSON with --report", async () => {
    const { exitCode, stdout, stderr } = await cli(
      broken,
      "--json",
      "--report=out.json",
      "--case=E1-1,E3-2,E3-1",
    );
    expect(exitCode).toBe(1);
    const report = JSON.parse(stdout) as Report;
    expect(JSON.parse(await readFile(join(folder, "out.json"), "utf8"))).toEqual(report);
    expect(report).toEqual({
      harness: "a broken | store",
      effort: "full",
      ok: false,
      counts: { passed: 1, failed: 1, "known-failure": 1, "not-exercised": 0 },
      tiers: {
        core: "failed",
        concurrent: "not-run",
        faults: "not-run",
        durable: "not-run",
        hygiene: "not-run",
      },
      brokenClauses: ["E1"],
      results: [
        {
          case: "E1-1",
          title: "loading a missing thread returns undefined",
          section: "Existence",
          tier: "core",
          layer: "driver",
          clauses: ["E1"],
          status: "failed",
          message: expect.stringMatching(/^Expected: .+ Actual: got null instead of undefined\.$/u),
          reproduction: `npx threadstore-conformance ${broken} --case E1-1 --seed 1 --effort full`,
          runs: 1,
          seed: 1,
          milliseconds: expect.any(Number),
        },
        expect.objectContaining({ case: "E3-1", status: "known-failure", message: "load returns null" }),
        expect.objectContaining({ case: "E3-2", status: "passed", runs: 1 }),
      ],
    });
    expect(stderr).toContain("E1-1");
  });

  it("is written as Markdown with --markdown", async () => {
    const { stdout } = await cli(broken, "--markdown", "out.md", "--case=E1-1,E3-2");
    expect(stdout).toContain("✗ failed");
    const page = await readFile(join(folder, "out.md"), "utf8");
    expect(page).toContain(String.raw`# Conformance of a broken \| store`);
    expect(page).toContain("| core | ✗ failed | 1 | 1 | 0 | 0 |");
    expect(page).toContain("| Existence | 1 | 1 | 0 | 0 |");
    expect(page).toMatch(
      /^\| E1-1 \| loading a missing thread returns undefined \| E1 \| Expected: .+ \| `npx .+ --case E1-1 .+` \|$/mu,
    );
    expect(page).not.toContain("E3-2");
  });
});

describe("--list", () => {
  it("prints the cases as a table without running them", async () => {
    const { exitCode, stdout, stderr } = await cli("--list");
    expect(exitCode).toBe(0);
    expect(stdout.trimEnd().split("\n")).toHaveLength(cases.length + 1);
    expect(stdout).toMatch(
      /^E1-1 +core +driver +Existence +E1 +loading a missing thread returns undefined$/mu,
    );
    expect(stdout).toMatch(/^D3-1 .+ D3 +entries +deleted threads and old versions leave/mu);
    expect(stderr).toBe("");
  });

  it("prints only the selected cases", async () => {
    const { stdout } = await cli("--list", "--tier=hygiene");
    expect(stdout).toContain("F6-1");
    expect(stdout).not.toContain("E1-1");
  });
});

describe("incorrect usage", () => {
  it.each([
    [["--colour", good], "Unknown option '--colour'."],
    [["--case=Q1-1", good], "Unknown case Q1-1. Run with --list to see all cases."],
    [["--tier=slow", good], "Unknown tier slow. Use one of core, concurrent, faults, durable, hygiene."],
    [["--repeat=0", good], "`--repeat` must be an integer from 1 to 9999999, but was 0."],
    [["--seed=dice", good], '`--seed` must be an integer or "random", but was dice.'],
    [["--effort=some", good], '`--effort` must be "quick" or "full", but was some.'],
    [["--report"], "Option '--report <value>' argument missing."],
    [["--case=E1-1"], "Missing argument. Specify a module that exports a harness, such as ./harness.js."],
    [
      [good, broken],
      `Unexpected argument ${broken}. Specify only a module that exports a harness, such as ./harness.js.`,
    ],
    [["check"], "Missing argument. Specify a history file."],
    [["check", "./missing.jsonl"], "./missing.jsonl cannot be checked: ENOENT"],
    [["./missing.js"], "./missing.js cannot be loaded: Cannot find module"],
  ])("%o exits with 2 and one line of explanation", async (parameters, message) => {
    const write = vi.spyOn(process.stderr, "write").mockReturnValue(true);
    const writeStdout = vi.spyOn(process.stdout, "write").mockReturnValue(true);
    try {
      expect(await main(parameters)).toBe(2);
      const output = write.mock.calls.join("");
      expect(output).toContain(`threadstore-conformance: ${message}`);
      expect(output).not.toMatch(/^\s+at /mu);
      expect(writeStdout).not.toHaveBeenCalled();
    } finally {
      vi.restoreAllMocks();
    }
  });

  it("ends the process with 2 and nothing but the explanation", async () => {
    expect(await cli("--seed=dice", good)).toEqual({
      exitCode: 2,
      stdout: "",
      stderr: expect.stringMatching(/^threadstore-conformance: .+ Run with --help for usage\.\n$/u),
    });
  });

  it("exits with 2 if the module has no harness, cannot run, or has an invalid known failure", async () => {
    const none = await file("none.mjs", "export const harness = { name: 'x' };");
    expect(await cli(none)).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("does not export a harness"),
    });
    const odd = await file("odd.text", "");
    expect(await cli(odd)).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("cannot run files of this type"),
    });
    const outdated = await file(
      "outdated.mjs",
      `import { harness as inner } from ${JSON.stringify(good)};
       export const harness = { ...inner, knownFailures: [{ case: "Q1-1", reason: "x", until: "2999-12-31" }] };`,
    );
    expect(await cli(outdated)).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('unknown case "Q1-1"'),
    });
  });
});

describe("check", () => {
  const save = { type: "save", thread: "t", client: "c1", start: 0, end: 1, write: "w1", previous: null };
  const saved = JSON.stringify({ ...save, outcome: "done", version: "v1" });
  const load = { type: "load", thread: "t", client: "c2", start: 2, end: 3, outcome: "done" };

  it("reports a linearizable history and exits with 0", async () => {
    const found = { write: "w1", version: "v1" };
    const history = await file("legal.jsonl", `${saved}\n${JSON.stringify({ ...load, found })}\n`);
    const { exitCode, stdout } = await cli("check", history);
    expect([exitCode, stdout]).toEqual([
      0,
      "Thread  Calls  Verdict  Anomaly\nt       2      legal\n\nThe history is linearizable.\n",
    ]);
    const asJson = await cli("check", history, "--json");
    expect(JSON.parse(asJson.stdout)).toMatchObject({
      verdict: "legal",
      threads: [{ thread: "t", operations: 2 }],
    });
  });

  it("explains why a history is not linearizable and exits with 1", async () => {
    const history = await file("illegal.jsonl", `${saved}\n${JSON.stringify({ ...load, found: null })}\n`);
    const { exitCode, stdout } = await cli("check", history);
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/^t +2 +illegal +\S/mu);
    expect(stdout).toMatch(/^ {2}c1 {2}save w1 .+: done v1 +\|-+\|$/mu);
    expect(stdout).toMatch(/^ {2}c2 {2}load: nothing +\|-+\|$/mu);
    expect(stdout).toContain("The history is not linearizable.");
  });

  it("rejects a file that is not a history and exits with 2", async () => {
    const { exitCode, stderr } = await cli("check", await file("odd.jsonl", "no JSON\n"));
    expect([exitCode, stderr]).toEqual([
      2,
      expect.stringContaining("Line 1 of the history is not valid JSON."),
    ]);
  });
});

describe("--help", () => {
  it("names the case that blocks the event loop, and ends the process", async () => {
    const child = spawn(process.execPath, [fileURLToPath(new URL("./spinning.ts", import.meta.url))]);
    const [output, [, signal]] = await Promise.all([text(child.stderr), once(child, "close")]);
    expect(signal).toBe("SIGKILL");
    expect(output).toContain("C2-11 has blocked the event loop");
  });

  it("prints its version", async () => {
    const { version } = createRequire(import.meta.url)("../../package.json") as { version: string };
    expect(await cli("--version")).toEqual({ exitCode: 0, stdout: `${version}\n`, stderr: "" });
  });

  it("lists every option and exits with 0", async () => {
    for (const flag of ["--help", "-h"]) {
      const { exitCode, stdout, stderr } = await cli(flag);
      expect([exitCode, stderr]).toEqual([0, ""]);
      for (const option of [
        "tier",
        "case",
        "repeat",
        "seed",
        "effort",
        "report",
        "markdown",
        "json",
        "list",
        "help",
      ])
        expect(stdout).toContain(`--${option}`);
    }
  });
});
