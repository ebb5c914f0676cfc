import { mapConcurrently } from "@threadstore/core/documents";
import type { Session } from "../cli/session.ts";
import { count } from "../output/format.ts";
import { progressOn } from "../output/progress.ts";
import { printLines } from "../output/terminal.ts";
import { visibleLine } from "../output/visible-text.ts";
import { problemOf } from "./problem-of.ts";
import type { MoveOutcome, Problem, TransferUnit } from "./transfer-format.ts";

/** The result of a transfer, as plain data. */
export interface TransferReport extends Record<MoveOutcome, number> {
  /** The number of lines, records and conversations that could not be moved. */
  problems: number;
  /** The first of them. */
  readonly firstProblems: Problem[];
  /** The first conversations that were kept because the target has another one of their name. */
  readonly firstDifferent: string[];
}

/** The number of conversations that are moved at a time. */
const CONCURRENCY = 4;
const MAX_LISTED = 100;

/** A transfer that is running. */
export interface Transfer {
  /** Prints a problem, and counts it. */
  readonly report: (problem: Problem) => void;
  /** Moves the conversations. A problem with one of them does not stop the others. */
  readonly run: (units: AsyncIterable<TransferUnit>) => Promise<TransferReport>;
}

export function startTransfer({ terminal, redact }: Session, noun: string): Transfer {
  const { stderr, signal } = terminal;
  const totals: Record<MoveOutcome, number> = { moved: 0, present: 0, different: 0, other: 0, failed: 0 };
  const report: TransferReport = { ...totals, problems: 0, firstProblems: [], firstDifferent: [] };
  const progress = progressOn(stderr);
  const onProblem = (problem: Problem): void => {
    report.problems += 1;
    if (report.firstProblems.length < MAX_LISTED) report.firstProblems.push(problem);
    progress.stop();
    void printLines(stderr, [visibleLine(redact(problemLine(problem)))]);
  };
  const move = async ({ name, move: moveUnit }: TransferUnit): Promise<void> => {
    signal.throwIfAborted();
    let outcome: MoveOutcome;
    try {
      outcome = await moveUnit();
    } catch (error) {
      if (signal.aborted) throw error;
      onProblem({ place: name, ...problemOf(error) });
      outcome = "failed";
    }
    report[outcome] += 1;
    if (outcome === "different" && report.firstDifferent.length < MAX_LISTED)
      report.firstDifferent.push(name);
    progress.show(`${count(report.moved, noun)} moved, ${report.present} already there`);
  };
  return {
    report: onProblem,
    async run(units) {
      let batch: TransferUnit[] = [];
      try {
        for await (const unit of units) {
          batch.push(unit);
          if (batch.length < CONCURRENCY) continue;
          await mapConcurrently(batch, move, CONCURRENCY);
          batch = [];
        }
        await mapConcurrently(batch, move, CONCURRENCY);
        return report;
      } finally {
        progress.stop();
      }
    },
  };
}

function problemLine({ place, line, path, message }: Problem): string {
  const position = `${place}${line === undefined ? "" : `:${line}`}`;
  return `${position}: ${path === undefined ? "" : `${path}: `}${message}`;
}
