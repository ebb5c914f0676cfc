import { selectedCases, type Selection } from "../suite/selection.ts";
import { checkOf, checkSummary } from "./check.ts";
import { type Command, commandOf, UsageError } from "./command.ts";
import { help } from "./help.ts";
import { runSuite } from "./run-suite.ts";
import { columns, written } from "./terminal.ts";

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
