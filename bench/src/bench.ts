// npm run bench -- --help
import { backends } from "./backends/index.ts";
import { type CommandLine, parseCommandLine, USAGE } from "./command-line.ts";
import type { Selection } from "./measure/order.ts";
import { paceOf } from "./measure/pace.ts";
import type { Outcome } from "./measure/plan.ts";
import { plannedCases, runPlan } from "./measure/run-plan.ts";
import { installedPeers, noPeers } from "./peers.ts";
import { writeReport } from "./report/document.ts";
import { goalsOf } from "./report/goals.ts";
import { screen } from "./report/screen.ts";
import { describeRun } from "./results/describe-run.ts";
import { addToFile, readResults } from "./results/read-results.ts";
import { mergeResults, NO_RESULTS, type Results } from "./results/results-file.ts";
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
  const results =
    given.from === undefined
      ? await measure(given)
      : given.from.map(readResults).reduce((merged, later) => mergeResults(merged, later), NO_RESULTS);
  if (given.json !== undefined && given.from !== undefined) addToFile(given.json, results);
  if (given.report) writeReport(given.json === undefined ? results : readResults(given.json));
}

/** Runs the benchmark. The process exits with 1 if anything failed. */
async function measure(given: CommandLine): Promise<Results> {
  const run = describeRun();
  const { progress, show, end } = screen();
  const selection: Selection = {
    backends: backends.filter(({ name }) => given.backend.includes(name)),
    workloads: workloads.filter(({ name }) => given.only.includes(name)),
    groups: given.peers ? ["stores", "peers"] : ["stores"],
    scale: given.scale,
    sizes: given.sizes,
  };
  const outcomes: Outcome[] = [];
  const keep = (cases: readonly Outcome[]): void => {
    const added: Results = { format: 1, cases: cases.map((outcome) => ({ ...outcome, run })) };
    // After every case, so that a run that is stopped keeps what it has measured.
    if (given.json !== undefined) addToFile(given.json, added);
  };
  keep(plannedCases(selection));
  const { peersOf } = given.peers ? await installedPeers(progress) : noPeers;
  const plan = {
    ...selection,
    peersOf,
    rounds: given.rounds,
    pace: paceOf(given.minutes),
    roundLimitMs: given.roundSeconds * 1000,
    goalsOf,
  };
  await runPlan(plan, {
    progress,
    outcome(outcome) {
      outcomes.push(outcome);
      keep([outcome]);
    },
  });
  end();
  show(outcomes);
  if (outcomes.some(({ missing }) => missing.some(({ failed }) => failed))) process.exitCode = 1;
  return { format: 1, cases: outcomes.map((outcome) => ({ ...outcome, run })) };
}
