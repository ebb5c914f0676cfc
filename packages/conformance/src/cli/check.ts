import { readFile } from "node:fs/promises";
import { checkHistory, type HistoryCheck } from "../engines/linearizability/index.ts";
import { UsageError } from "./command.ts";
import { alignedColumns } from "./terminal.ts";

/**
 * Checks a recorded history for linearizability. Throws a {@link UsageError} if the file cannot be read or is not a
 * history.
 */
export async function checkHistoryFile(path: string): Promise<HistoryCheck> {
  try {
    return checkHistory(await readFile(path, "utf8"));
  } catch (error) {
    if (!(error instanceof Error) || !(error instanceof TypeError || "code" in error)) throw error;
    throw new UsageError(`${path} cannot be checked: ${error.message}`, { cause: error });
  }
}

/** Returns the verdict on each thread and on the history as text for a terminal. */
export function checkSummary({ verdict, threads }: HistoryCheck): string {
  const rows = threads.map((each) => [
    each.thread,
    String(each.operations),
    each.verdict,
    each.anomaly ?? "",
  ]);
  const explanations = threads.flatMap(({ explanation }) => (explanation === "" ? [] : ["", explanation]));
  const lines = [
    ...alignedColumns([["Thread", "Calls", "Verdict", "Anomaly"], ...rows]),
    ...explanations,
    "",
  ];
  return [...lines, CONCLUSIONS[verdict], ""].join("\n");
}

const CONCLUSIONS: Readonly<Record<HistoryCheck["verdict"], string>> = {
  legal: "The history is linearizable.",
  illegal: "The history is not linearizable.",
  undecided: "It could not be determined in time whether the history is linearizable.",
};
