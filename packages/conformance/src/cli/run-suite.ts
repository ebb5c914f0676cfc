import { writeFile } from "node:fs/promises";
import { show } from "../suite/expectations.ts";
import { type Report, run } from "../suite/report.ts";
import { selectedCases } from "../suite/selection.ts";
import { type RunCommand, UsageError } from "./command.ts";
import { loadHarness } from "./load-harness.ts";
import { markdownOf } from "./markdown.ts";
import { type Progress, progressOn } from "./progress.ts";
import { withReproductions } from "./reproduction.ts";
import { summaryOf } from "./summary.ts";
import { painterFor, written } from "./terminal.ts";

/** Runs what the command asks for, and tells of it; resolves to the exit code. */
export async function runSuite(command: RunCommand): Promise<number> {
  // Before the harness is loaded: it may read them too, and so may the processes that cases start.
  if (command.seed !== undefined) process.env["THREADSTORE_CONFORMANCE_SEED"] = String(command.seed);
  if (command.effort !== undefined) process.env["THREADSTORE_CONFORMANCE_EFFORT"] = command.effort;
  const { report, strays } = await watched(command);
  const told = withReproductions(report, command.harness);
  const json = JSON.stringify(told, null, 2);
  if (command.report !== undefined) await writeFile(command.report, `${json}\n`);
  if (command.markdown !== undefined) await writeFile(command.markdown, markdownOf(told));
  await written(`${command.json ? json : summaryOf(told, painterFor(process.stdout))}\n`);
  return report.ok && strays === 0 ? 0 : 1;
}

/** Runs the cases while it says how far they are. */
async function watched(command: RunCommand): Promise<{ report: Report; strays: number }> {
  const { selection, repeat } = command;
  const harness = await loadHarness(command.harness);
  const progress = progressOn(process.stderr, { cases: selectedCases(selection).length, repeat });
  const strays = watchStrays(progress);
  try {
    const report = await run(harness, {
      ...selection,
      repeat,
      onStart: (each) => {
        strays.during(each.id);
        progress.started(each);
      },
      onRun: (_, number) => progress.run(number),
      onResult: progress.ended,
    });
    return { report, strays: strays.count() };
  } catch (error) {
    // Waivers of the harness, or variables of the environment, that are wrong.
    throw error instanceof TypeError ? new UsageError(error.message, { cause: error }) : error;
  } finally {
    progress.end();
  }
}

/** Errors that nobody handled make the run fail, and name the case, rather than end the process in its middle. */
function watchStrays(progress: Progress): { during: (id: string) => void; count: () => number } {
  let running = "";
  let count = 0;
  const note = (what: string) => (error: unknown) => {
    count += 1;
    progress.complaint(`${what} during ${running}: ${show(error)}`);
  };
  process.on("unhandledRejection", note("A rejection that nobody handled"));
  process.on("uncaughtException", note("An error that nobody caught"));
  return { during: (id) => (running = id), count: () => count };
}
