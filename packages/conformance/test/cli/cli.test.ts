import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
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

/** Runs the command line in a process of its own, whose streams are pipes. */
function cli(...parameters: string[]): Promise<Outcome> {
  return cliOf(process.execPath, ...parameters);
}

async function cliOf(runtime: string, ...parameters: string[]): Promise<Outcome> {
  const { THREADSTORE_CONFORMANCE_EFFORT: _, THREADSTORE_CONFORMANCE_SEED: _seed, ...env } = process.env;
  const child = spawn(runtime, [bin, ...parameters], { cwd: folder, env });
  const [stdout, stderr, [exitCode]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "close"),
  ]);
  return { exitCode, stdout, stderr };
}

/** Where Bun is, whose package has a stand-in until it is installed. */
const bun = join(dirname(createRequire(import.meta.url).resolve("bun/package.json")), "bin/bun.exe");

/** A file in the folder that the command line runs in. */
async function file(name: string, content: string): Promise<string> {
  await writeFile(join(folder, name), content);
  return `./${name}`;
}

/** A module of a harness that has a network and other processes. */
function overNetwork(name: string): Promise<string> {
  const harness = new URL("../stores/key-value/key-value-harness.ts", import.meta.url).href;
  return file(
    name,
    `import { keyValueHarness } from ${JSON.stringify(harness)};
     export const harness = keyValueHarness("over a network");`,
  );
}

describe("a run", () => {
  it("of a good store says so, tier by tier, and exits with 0", async () => {
    const { exitCode, stdout, stderr } = await cli(good);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^Names +32 +0 +0 +0$/mu);
    expect(stdout).toContain("a good store");
    expect(stdout).toMatch(/^Not exercised\. The harness lacks entries\. .*\bD3-1\b/mu);
    expect(stdout).toMatch(/^core +~ partial +\d+ +0 +0 +[1-9]/mu);
    expect(stdout).toMatch(/^Not exercised\. The harness lacks peer\. .*\bF3-10\b/mu);
    const ended = stderr
      .trim()
      .split("\n")
      .filter((line) => !line.startsWith("still running"));
    expect(ended).toHaveLength(cases.length);
    expect(stderr).toMatch(/^passed {9}E1-1 {2}load of nothing is undefined \(\d+ ms\)$/mu);
    expect(stdout + stderr).not.toContain("\u001b");
  });

  it("of a broken one tells what was promised and what happened, and exits with 1", async () => {
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
      "failed  E1-1  load of nothing is undefined (E1)\n" +
        "  Promised: load of an id that was never saved is undefined. Happened: got null instead of undefined.\n" +
        `  Again: npx threadstore-conformance ${broken} --case E1-1 --seed 1 --effort full\n`,
    );
    expect(stdout).toMatch(/^waived {2}E3-1 .+\n {2}null is returned$/mu);
    expect(stdout).toMatch(/^Existence +2 +1 +1 +0$/mu);
    expect(stdout).toMatch(/^All +2 +1 +1 +0$/mu);
    expect(stdout).toContain("Broken clauses: E1\n");
    expect(stdout).toMatch(/^core +✗ failed +2 +1 +1 +0 +\d+\.\d$/mu);
    expect(stdout).toMatch(/^concurrent +- not run +0 +0 +0 +0 +0\.0$/mu);
    expect(stderr).toMatch(/^failed {9}E1-1/mu);
  });

  it("can be of some tiers, which are passed when all of their cases are", async () => {
    const harness = await overNetwork("hygiene.ts");
    const tiers = ["--tier", "hygiene", "--tier=hygiene,hygiene"];
    const { exitCode, stdout } = await cli(harness, ...tiers, "--effort", "quick");
    expect([exitCode, stdout]).toEqual([0, expect.stringMatching(/^core +- not run/mu)]);
    expect(stdout).toMatch(/^hygiene +✓ passed +\d+ +0 +0 +0 +\d+\.\d$/mu);
  });

  it("of no case, or of none that could run, exits with 1", async () => {
    for (const selection of [["--case", "E1-1", "--tier", "hygiene"], ["--case=D3-1"]]) {
      const { exitCode, stdout } = await cli(good, ...selection);
      expect(exitCode).toBe(1);
      expect(stdout).toContain("Not one case ran and passed");
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
    expect(summary.stdout).toContain("(C1, at run 2)");
    expect(summary.stdout).toContain("--case C1-1 --seed 71 --effort");
  });

  it("whose store leaves a rejection unhandled names the case, and exits with 1", async () => {
    const { exitCode, stderr } = await cli(broken, "--case=C1-2");
    expect(exitCode).toBe(1);
    expect(stderr).toContain("A rejection that nobody handled during C1-2: Error: nobody cares");
  });

  it("hands the seed on", async () => {
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

  it("hands the effort on, and says it", async () => {
    const told = await file(
      "effort.ts",
      `import { harness as inner } from ${JSON.stringify(good)};
       const { THREADSTORE_CONFORMANCE_EFFORT: effort = "none" } = process.env;
       export const harness = { ...inner, name: "effort " + effort as string };`,
    );
    const { stdout } = await cli(told, "--case=E1-1", "--effort=quick", "--json");
    expect(JSON.parse(stdout)).toMatchObject({ harness: "effort quick", effort: "quick" });
  });

  it("works under Bun, with a network that fails and with other processes", async () => {
    const harness = await overNetwork("bun.ts");
    const ids = "E1-1,C6-1,F5-1,F3-7,F2-6,E1-3,C5-2,F6-2";
    const { exitCode, stdout } = await cliOf(bun, harness, "--case", ids, "--effort=quick");
    expect([exitCode, stdout]).toEqual([0, expect.stringMatching(/^All +8 +0 +0 +0$/mu)]);
  });

  it("takes a module that exports its harness as the default, and ends whatever it leaves open", async () => {
    const module = await file(
      "default.mjs",
      `export { harness as default } from ${JSON.stringify(good)}; setInterval(() => {}, 1000);`,
    );
    expect((await cli(module, "--case=E1-1")).exitCode).toBe(0);
  });
});

describe("a report", () => {
  it("is JSON on the standard output with --json, and in a file with --report", async () => {
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
      counts: { passed: 1, failed: 1, waived: 1, "not-exercised": 0 },
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
          title: "load of nothing is undefined",
          section: "Existence",
          tier: "core",
          clauses: ["E1"],
          status: "failed",
          message: expect.stringMatching(/^Promised: .+ Happened: got null instead of undefined\.$/u),
          reproduction: `npx threadstore-conformance ${broken} --case E1-1 --seed 1 --effort full`,
          runs: 1,
          seed: 1,
          milliseconds: expect.any(Number),
        },
        expect.objectContaining({ case: "E3-1", status: "waived", message: "null is returned" }),
        expect.objectContaining({ case: "E3-2", status: "passed", runs: 1 }),
      ],
    });
    expect(stderr).toContain("E1-1");
  });

  it("is Markdown in a file with --markdown", async () => {
    const { stdout } = await cli(broken, "--markdown", "out.md", "--case=E1-1,E3-2");
    expect(stdout).toContain("✗ failed");
    const page = await readFile(join(folder, "out.md"), "utf8");
    expect(page).toContain(String.raw`# Conformance of a broken \| store`);
    expect(page).toContain("| core | ✗ failed | 1 | 1 | 0 | 0 |");
    expect(page).toContain("| Existence | 1 | 1 | 0 | 0 |");
    expect(page).toMatch(
      /^\| E1-1 \| load of nothing is undefined \| E1 \| Promised: .+ \| `npx .+ --case E1-1 .+` \|$/mu,
    );
    expect(page).not.toContain("E3-2");
  });
});

describe("--list", () => {
  it("prints the cases as a table, and runs none", async () => {
    const { exitCode, stdout, stderr } = await cli("--list");
    expect(exitCode).toBe(0);
    expect(stdout.trimEnd().split("\n")).toHaveLength(cases.length + 1);
    expect(stdout).toMatch(/^E1-1 +core +Existence +E1 +load of nothing is undefined$/mu);
    expect(stdout).toMatch(/^D3-1 .+ D3 +entries +the backend keeps nothing/mu);
    expect(stderr).toBe("");
  });

  it("prints those that were asked for", async () => {
    const { stdout } = await cli("--list", "--tier=hygiene");
    expect(stdout).toContain("F6-1");
    expect(stdout).not.toContain("E1-1");
  });
});

describe("wrong usage", () => {
  it.each([
    [["--colour", good], "Unknown option '--colour'."],
    [["--case=Q1-1", good], "There is no case Q1-1: see --list."],
    [
      ["--tier=slow", good],
      "There is no tier slow: the tiers are core, concurrent, faults, durable, hygiene.",
    ],
    [["--repeat=0", good], "--repeat takes a number from 1 on, not 0."],
    [["--seed=dice", good], "--seed takes a whole number, or random, not dice."],
    [["--effort=some", good], "--effort takes quick or full, not some."],
    [["--report"], "Option '--report <value>' argument missing."],
    [["--case=E1-1"], "Name a module that exports a harness, such as ./harness.js."],
    [[good, broken], `Name only a module that exports a harness, such as ./harness.js, without ${broken}.`],
    [["check"], "Name a file with a history."],
    [["check", "./missing.jsonl"], "./missing.jsonl cannot be checked: ENOENT"],
    [["./missing.js"], "./missing.js cannot be loaded: Cannot find module"],
  ])("%o is told in a sentence, and exits with 2", async (parameters, message) => {
    const { exitCode, stdout, stderr } = await cli(...parameters);
    expect(exitCode).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toContain(`threadstore-conformance: ${message}`);
    expect(stderr).not.toMatch(/^\s+at /mu);
  });

  it("of a module without a harness, or that cannot be run, or with a wrong waiver, exits with 2", async () => {
    const none = await file("none.mjs", "export const harness = { name: 'x' };");
    expect(await cli(none)).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("exports no harness"),
    });
    const odd = await file("odd.text", "");
    expect(await cli(odd)).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("does not run files of its kind"),
    });
    const waived = await file(
      "waived.mjs",
      `import { harness as inner } from ${JSON.stringify(good)};
       export const harness = { ...inner, waivers: [{ case: "Q1-1", reason: "x", until: "2999-12-31" }] };`,
    );
    expect(await cli(waived)).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('names the case "Q1-1"'),
    });
  });
});

describe("check", () => {
  const save = { type: "save", thread: "t", client: "c1", start: 0, end: 1, write: "w1", previous: null };
  const saved = JSON.stringify({ ...save, outcome: "done", version: "v1" });
  const load = { type: "load", thread: "t", client: "c2", start: 2, end: 3, outcome: "done" };

  it("says that a history is linearizable, and exits with 0", async () => {
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

  it("says why one is not, and exits with 1", async () => {
    const history = await file("illegal.jsonl", `${saved}\n${JSON.stringify({ ...load, found: null })}\n`);
    const { exitCode, stdout } = await cli("check", history);
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/^t +2 +illegal +\S/mu);
    expect(stdout).toMatch(/^ {2}c1 {2}save w1 .+: done v1 +\|-+\|$/mu);
    expect(stdout).toMatch(/^ {2}c2 {2}load: nothing +\|-+\|$/mu);
    expect(stdout).toContain("The history is not linearizable.");
  });

  it("refuses what is no history, and exits with 2", async () => {
    const { exitCode, stderr } = await cli("check", await file("odd.jsonl", "no JSON\n"));
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining("Line 1 of the history is not JSON.")]);
  });
});

describe("--help", () => {
  it("names every option, and exits with 0", async () => {
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
