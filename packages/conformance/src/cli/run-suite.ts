import { writeFile } from "node:fs/promises";
import { show } from "../suite/expectations.ts";
import type { Report } from "../suite/report.ts";
import { run } from "../suite/run.ts";
import { selectedCases } from "../suite/selection.ts";
import { type RunCommand, UsageError } from "./command.ts";
import { loadHarness } from "./load-harness.ts";
import { markdownOf } from "./markdown.ts";
import { type Progress, progressOn } from "./progress.ts";
import { withReproductions } from "./reproduction.ts";
import { summaryOf } from "./summary.ts";
import { painterFor, writeOutput } from "./terminal.ts";
import { startWatchdog } from "./watchdog.ts";

/** Runs the selected cases and writes the reports. Resolves with the exit code. */
export async function runSuite(command: RunCommand): Promise<number> {
  // Set before the harness is loaded, because the harness and its child processes may read them.
  if (command.seed !== undefined) process.env["THREADSTORE_CONFORMANCE_SEED"] = String(command.seed);
  if (command.effort !== undefined) process.env["THREADSTORE_CONFORMANCE_EFFORT"] = command.effort;
  const { report, strayErrors } = await runWithProgress(command);
  const reproducible = withReproductions(report, command.harness);
  const json = JSON.stringify(reproducible, null, 2);
  if (command.report !== undefined) await writeFile(command.report, `${json}\n`);
  if (command.markdown !== undefined) await writeFile(command.markdown, markdownOf(reproducible));
  await writeOutput(`${command.json ? json : summaryOf(reproducible, painterFor(process.stdout))}\n`);
  return report.ok && strayErrors === 0 ? 0 : 1;
}

async function runWithProgress(command: RunCommand): Promise<{ report: Report; strayErrors: number }> {
  const { selection, repeat } = command;
  const harness = await loadHarness(command.harness);
  const progress = progressOn(process.stderr, { cases: selectedCases(selection).length, repeat });
  const strayErrors = watchStrayErrors(progress);
  const watchdog = startWatchdog();
  try {
    const report = await run(harness, {
      ...selection,
      repeat,
      onStart: (each) => {
        strayErrors.during(each.id);
        watchdog.caseStarted(each.id);
        progress.caseStarted(each);
      },
      onRun: (_, number) => progress.runStarted(number),
      onResult: progress.caseEnded,
    });
    return { report, strayErrors: strayErrors.count() };
  } catch (error) {
    // A `TypeError` reports invalid known failures of the harness or invalid environment variables.
    throw error instanceof TypeError ? new UsageError(error.message, { cause: error }) : error;
  } finally {
    progress.stop();
    await watchdog.stop();
  }
}

/** Prints and counts unhandled errors with the running case, instead of letting them end the process. */
function watchStrayErrors(progress: Progress): { during: (id: string) => void; count: () => number } {
  let running = "";
  let count = 0;
  const handler = (description: string) => (error: unknown) => {
    count += 1;
    progress.print(`${description} during ${running}: ${show(error)}`);
  };
  process.on("unhandledRejection", handler("Unhandled rejection"));
  process.on("uncaughtException", handler("Uncaught exception"));
  return { during: (id) => (running = id), count: () => count };
}
