import { readFile } from "node:fs/promises";
import { selectedCases, type Selection } from "../suite/selection.ts";
import { checkHistoryFile, checkSummary } from "./check.ts";
import { type Command, commandOf, UsageError } from "./command.ts";
import { HELP } from "./help.ts";
import { runSuite } from "./run-suite.ts";
import { alignedColumns, writeOutput } from "./terminal.ts";

/** Runs the command line. Resolves with the exit code: 0 for success, 1 for a failure, 2 for incorrect usage. */
export async function main(parameters: readonly string[]): Promise<number> {
  try {
    return await execute(commandOf(parameters));
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`threadstore-conformance: ${error.message} Run with --help for usage.\n`);
    return 2;
  }
}

async function execute(command: Command): Promise<number> {
  if (command.type === "run") return runSuite(command);
  if (command.type === "check") {
    const check = await checkHistoryFile(command.history);
    await writeOutput(command.json ? `${JSON.stringify(check, null, 2)}\n` : checkSummary(check));
    return check.verdict === "legal" ? 0 : 1;
  }
  await writeOutput(await textFor(command));
  return 0;
}

async function textFor(command: Exclude<Command, { readonly type: "run" | "check" }>): Promise<string> {
  if (command.type === "list") return caseListOf(command.selection);
  return command.type === "help" ? HELP : `${await ownVersion()}\n`;
}

async function ownVersion(): Promise<string> {
  const manifest = await readFile(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(manifest) as { version: string }).version;
}

function caseListOf(selection: Selection): string {
  const rows = selectedCases(selection).map(({ id, tier, layer, section, clauses, capabilities, title }) => [
    id,
    tier,
    layer,
    section,
    clauses.join(" "),
    capabilities.join(" "),
    title,
  ]);
  return `${alignedColumns([["Case", "Tier", "Tests", "Section", "Clauses", "Capabilities", "Title"], ...rows]).join("\n")}\n`;
}
