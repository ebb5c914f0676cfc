import { writeFile } from "node:fs/promises";
import { run, selectedCases } from "../execution/report.ts";
import { show } from "../expectations.ts";
import { checkOf, checkSummary } from "./check.ts";
import { type Command, commandOf, type RunCommand, type Selection, UsageError } from "./command.ts";
import { help } from "./help.ts";
import { loadHarness } from "./load-harness.ts";
import { markdownOf } from "./markdown.ts";
import { type Progress, progressOn } from "./progress.ts";
import { summaryOf } from "./summary.ts";
import { columns, painterFor } from "./terminal.ts";

/** What the suite takes the seed of its random cases from. */
const SEED_VARIABLE = "THREADSTORE_CONFORMANCE_SEED";

/** Does what the command line asks for; resolves to the exit code: 0, 1 for a failure, 2 for wrong usage. */
export async function main(parameters: readonly string[]): Promise<number> {
  try {
    return await obey(commandOf(parameters));
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`threadstore-conformance: ${error.message} (--help says more.)\n`);
    return 2;
  }
}

async function obey(command: Command): Promise<number> {
  if (command.type === "run") return runSuite(command);
  if (command.type === "check") {
    const check = await checkOf(command.history);
    await written(command.json ? `${JSON.stringify(check, null, 2)}\n` : checkSummary(check));
    return check.verdict === "legal" ? 0 : 1;
  }
  await written(command.type === "help" ? help : listOf(command.selection));
  return 0;
}

function listOf(selection: Selection): string {
  const rows = selectedCases(selection).map(({ id, tier, section, clauses, powers, title }) => [
    id,
    tier,
    section,
    clauses.join(" "),
    powers.join(" "),
    title,
  ]);
  return `${columns([["Case", "Tier", "Section", "Clauses", "Powers", "Promise"], ...rows]).join("\n")}\n`;
}

async function runSuite(command: RunCommand): Promise<number> {
  const { selection, repeat, json } = command;
  // Before the harness is loaded: it may read it too.
  if (command.seed !== undefined) process.env[SEED_VARIABLE] = command.seed;
  const harness = await loadHarness(command.harness);
  const progress = progressOn(process.stderr, selectedCases(selection).length);
  const strays = watchStrays(progress);
  const report = await run(harness, {
    ...selection,
    repeat,
    onStart: (each) => {
      strays.during(each.id);
      progress.started(each);
    },
    onResult: progress.ended,
  }).catch((error: unknown) => {
    // Waivers of the harness that are wrong.
    throw error instanceof TypeError ? new UsageError(error.message, { cause: error }) : error;
  });
  progress.end();
  if (command.report !== undefined) await writeFile(command.report, `${JSON.stringify(report, null, 2)}\n`);
  if (command.markdown !== undefined) await writeFile(command.markdown, markdownOf(report));
  const result = json ? JSON.stringify(report, null, 2) : summaryOf(report, painterFor(process.stdout));
  await written(`${result}\n`);
  return report.ok && strays.count() === 0 ? 0 : 1;
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

/** Resolves when the text is out: the process ends right after. */
function written(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(text, (error) => (error ? reject(error) : resolve()));
  });
}
