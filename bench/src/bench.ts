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
  if (given.json !== undefined) {
    const earlier = existsSync(given.json) ? read(given.json) : undefined;
    writeFileSync(given.json, `${JSON.stringify(merged(earlier, report), undefined, 1)}\n`);
  }
  if (given.report) writeReport(given.json === undefined ? report : read(given.json));
  if (report.failures.length > 0) process.exitCode = 1;
}

async function measure(given: CommandLine): Promise<Report> {
  const [load = 0] = loadavg();
  const results: Result[] = [];
  const failures: string[] = [];
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
    result: (result) => results.push(result),
    failure: (text) => failures.push(text),
  });
  end();
  show(results, failures);
  const [cpu] = cpus();
  const machine = `${cpus().length} × ${cpu?.model ?? "unknown CPU"}, ${process.platform}, load average ${load.toFixed(1)} before the run`;
  return { machine, node: process.version, date: new Date().toISOString().slice(0, 10), results, failures };
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
