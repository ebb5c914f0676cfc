import type { Command } from "commander";
import { benchStore, type BenchResult } from "../bench/bench-store.ts";
import type { Row } from "../bench/measure.ts";
import { sentencesOf } from "../bench/sentences.ts";
import { EXIT } from "../cli/exit-codes.ts";
import { configOption, integerUpTo, jsonOption, STORE_HELP } from "../cli/parameters.ts";
import type { Session, Start } from "../cli/session.ts";
import { formatBytes } from "../output/format.ts";
import { progressOn } from "../output/progress.ts";
import { tableLines } from "../output/table.ts";
import { printJson, printLines } from "../output/terminal.ts";
import { visibleLine } from "../output/visible-text.ts";

interface BenchCommandOptions {
  readonly config?: string;
  readonly seconds: number;
  readonly json?: boolean;
}

const MAX_SECONDS = 3600;

export function addBench(program: Command, start: Start): void {
  program
    .command("bench")
    .summary("measure a backend for a minute")
    .description(
      "Measures saves, loads, appends, listings and conflicts at two sizes, one at a time and eight at a time, with " +
        "threads in a new namespace, which it deletes, also after Ctrl+C. Does not touch other threads.",
    )
    .argument("<store>", STORE_HELP)
    .option("-s, --seconds <number>", "how long to measure", integerUpTo(MAX_SECONDS), 60)
    .addOption(jsonOption())
    .addOption(configOption())
    .action((url: string, options: BenchCommandOptions) => start((session) => bench(session, url, options)));
}

async function bench(session: Session, url: string, options: BenchCommandOptions): Promise<number> {
  const { terminal } = session;
  const { signal } = terminal;
  const { store, label } = await session.open(url, { config: options.config });
  const progress = progressOn(terminal.stderr);
  const show = (text: string): void => progress.show(text);
  let result: BenchResult;
  try {
    result = await benchStore(store, { seconds: options.seconds, signal, show }).finally(() =>
      progress.stop(),
    );
  } catch (error) {
    if (!signal.aborted) throw error;
    await printLines(terminal.stderr, ["threadstore: Stopped. The threads of the benchmark are deleted."]);
    return EXIT.interrupted;
  }
  if (options.json === true) await printJson(terminal.stdout, { store: label, ...result });
  else await printResult(session, label, result);
  return result.conflicts.lost > 0 ? EXIT.attention : EXIT.done;
}

async function printResult({ terminal, paint }: Session, label: string, result: BenchResult): Promise<void> {
  const [header = "", ...lines] = linesOf(result);
  await printLines(terminal.stdout, [
    paint("bold", visibleLine(label)),
    paint("dim", header),
    ...lines,
    "",
    ...sentencesOf(result),
  ]);
}

function linesOf({ rows, control }: BenchResult): string[] {
  const columns = [
    { title: "Operation" },
    ...["Size", "At once", "Calls", "Per s", "p50 ms", "p95 ms", "p99 ms"].map((title) => {
      return { title, align: "right" } as const;
    }),
  ];
  return tableLines(
    columns,
    [...rows, control].map((row) => cellsOf(row)),
  );
}

function cellsOf({ operation, bytes, concurrency, calls, perSecond, p50Ms, p95Ms, p99Ms }: Row): string[] {
  const numbers = [p50Ms, p95Ms, p99Ms].map((value) =>
    value === null ? "-" : value.toLocaleString("en-US"),
  );
  return [
    operation,
    bytes === null ? "" : formatBytes(bytes).replace(".0", ""),
    String(concurrency),
    calls.toLocaleString("en-US"),
    perSecond.toLocaleString("en-US"),
    ...numbers,
  ];
}
