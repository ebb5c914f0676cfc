import { readFile } from "node:fs/promises";
import { checkHistory, type HistoryCheck } from "../engines/linearizability/index.ts";
import { UsageError } from "./command.ts";
import { columns } from "./terminal.ts";

/** Checks a recorded history again. Throws a {@link UsageError} if the file cannot be read, or is no history. */
export async function checkOf(path: string): Promise<HistoryCheck> {
  try {
    return checkHistory(await readFile(path, "utf8"));
  } catch (error) {
    if (!(error instanceof Error) || !(error instanceof TypeError || "code" in error)) throw error;
    throw new UsageError(`${path} cannot be checked: ${error.message}`, { cause: error });
  }
}

/** What was found, for people. */
export function checkSummary({ verdict, threads }: HistoryCheck): string {
  const rows = threads.map((each) => [
    each.thread,
    String(each.operations),
    each.verdict,
    each.anomaly ?? "",
  ]);
  const explanations = threads.flatMap(({ explanation }) => (explanation === "" ? [] : ["", explanation]));
  const lines = [...columns([["Thread", "Calls", "Verdict", "Anomaly"], ...rows]), ...explanations, ""];
  return [...lines, CONCLUSIONS[verdict], ""].join("\n");
}

const CONCLUSIONS: Readonly<Record<HistoryCheck["verdict"], string>> = {
  legal: "The history is linearizable.",
  illegal: "The history is not linearizable.",
  undecided: "Whether the history is linearizable was not found out in time.",
};
