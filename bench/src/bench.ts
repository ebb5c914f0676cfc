// npm run bench -- --help
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { backends } from "./backends/index.ts";
import { type CommandLine, parseCommandLine, USAGE } from "./command-line.ts";
import type { Report, Result } from "./measure/result.ts";
import { runPlan } from "./measure/run-plan.ts";
import { installedPeers, noPeers } from "./peers.ts";
import { writeReport } from "./report/document.ts";
import { screen } from "./report/screen.ts";
import { workloads } from "./workloads/index.ts";

if (process.argv.includes("--help")) {
  process.stdout.write(`${USAGE}\n`);
} else {
  try {
    await main(parseCommandLine(process.argv.slice(2)));
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    process.stderr.write(`${error.message}\n${USAGE}\n`);
    process.exitCode = 2;
  }
}

async function main(given: CommandLine): Promise<void> {
  const report = given.from === undefined ? await measure(given) : read(given.from);
  if (given.json !== undefined && given.from !== undefined) store(given.json, report);
  if (given.report) writeReport(given.json === undefined ? report : read(given.json));
  if (report.failures.length > 0) process.exitCode = 1;
}

async function measure(given: CommandLine): Promise<Report> {
  const results: Result[] = [];
  const failures: string[] = [];
  const leftOut: string[] = [];
  const description = {
    machine: machine(),
    node: process.version,
    date: new Date().toISOString().slice(0, 10),
  };
  const { progress, show, end } = screen();
  const { peersOf } = given.peers ? await installedPeers(progress) : noPeers;
  const plan = {
    backends: backends.filter(({ name }) => given.backend.includes(name)),
    workloads: workloads.filter(({ name }) => given.only.includes(name)),
    peersOf,
    rounds: given.rounds,
    scale: given.scale,
    sizes: given.sizes,
  };
  await runPlan(plan, {
    progress,
    results: (added) => {
      results.push(...added);
      // After every case, so that a run that is stopped keeps what it has measured.
      if (given.json !== undefined) store(given.json, { ...description, results: added, failures, leftOut });
    },
    failure: (text) => failures.push(text),
    leftOut: (text) => leftOut.push(text),
  });
  end();
  show(results, failures, leftOut);
  return { ...description, results, failures, leftOut };
}

function machine(): string {
  const [load = 0] = loadavg();
  const [cpu] = cpus();
  return `${cpus().length} × ${cpu?.model ?? "unknown CPU"}, ${process.platform}, load average ${load.toFixed(1)} before the run`;
}

function store(file: string, report: Report): void {
  const earlier = existsSync(file) ? read(file) : undefined;
  writeFileSync(file, `${JSON.stringify(merged(earlier, report), undefined, 1)}\n`);
}

function read(file: string): Report {
  return JSON.parse(readFileSync(file, "utf8")) as Report;
}

/** Replaces older results of the same cases as a whole, so that ratios are always of one run. */
function merged(earlier: Report | undefined, report: Report): Report {
  const renewed = new Set(report.results.map(keyOf));
  const kept = earlier?.results.filter((result) => !renewed.has(keyOf(result))) ?? [];
  return { ...report, results: [...kept, ...report.results] };
}

function keyOf({ backend, workload, case: name }: Result): string {
  return `${backend}/${workload}/${name}`;
}
