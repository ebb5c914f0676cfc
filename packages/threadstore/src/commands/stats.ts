import type { Command } from "commander";
import { EXIT } from "../cli/exit-codes.ts";
import { configOption, jsonOption, namespaceOption, STORE_HELP } from "../cli/parameters.ts";
import type { Session, Start } from "../cli/session.ts";
import { count, formatBytes, formatTime, threadName } from "../output/format.ts";
import { progressOn } from "../output/progress.ts";
import { tableLines } from "../output/table.ts";
import { printJson, printLines } from "../output/terminal.ts";
import { visibleLine } from "../output/visible-text.ts";
import { walk } from "../walk/walk.ts";
import { emptyStatistics, include, type ListedThread, type Statistics } from "./statistics.ts";

interface StatsOptions {
  readonly namespace?: readonly string[];
  readonly config?: string;
  readonly json?: boolean;
}

export function addStats(program: Command, start: Start): void {
  program
    .command("stats")
    .summary("count and measure threads")
    .description(
      "Counts the threads of a store or namespace and of all namespaces in it: sizes, growth, the oldest and the " +
        "biggest. Reads listings only, no threads.",
    )
    .argument("<store>", STORE_HELP)
    .addOption(namespaceOption())
    .addOption(jsonOption())
    .addOption(configOption())
    .action((url: string, options: StatsOptions) =>
      start((session) => printStatistics(session, url, options)),
    );
}

async function printStatistics(session: Session, url: string, options: StatsOptions): Promise<number> {
  const { terminal, paint } = session;
  const { store, label } = await session.open(url, options);
  const progress = progressOn(terminal.stderr);
  const statistics = emptyStatistics(Date.now());
  try {
    for await (const page of walk(store, { limit: 1000, signal: terminal.signal })) {
      include(statistics, page);
      progress.show(count(statistics.threads, "thread"));
    }
  } finally {
    progress.stop();
  }
  if (options.json === true) await printJson(terminal.stdout, statistics);
  else await printLines(terminal.stdout, [paint("bold", visibleLine(label)), ...linesOf(statistics)]);
  return statistics.corrupt > 0 ? EXIT.attention : EXIT.done;
}

function linesOf(statistics: Statistics): string[] {
  const { threads, bytes, corrupt, namespaces, expiring, biggest, oldest, latest } = statistics;
  const average = threads === 0 ? 0 : Math.round(bytes / threads);
  const rows = [
    ["threads", `${count(threads, "thread")} in ${count(namespaces, "namespace")}`],
    ["size", `${formatBytes(bytes)}, ${formatBytes(average)} on average`],
    ["with an expiry", String(expiring)],
    ["corrupt", String(corrupt)],
    ...statistics.growth.map(({ days, created, bytes: added }) => [
      days === 1 ? "created in the last day" : `created in the last ${days} days`,
      `${count(created, "thread")}, ${formatBytes(added)}`,
    ]),
    ["oldest", oldest === undefined ? "" : describe(oldest, formatTime(oldest.createdAt))],
    ["latest", latest === undefined ? "" : describe(latest, formatTime(latest.updatedAt))],
    ...biggest.map((thread, index) => [
      index === 0 ? "biggest" : "",
      describe(thread, formatBytes(thread.size)),
    ]),
  ];
  return tableLines([{ title: "" }, { title: "" }], rows).slice(1);
}

function describe({ namespaces, id }: ListedThread, value: string): string {
  return `${value}  ${threadName(namespaces, id)}`;
}
