import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { mapConcurrently } from "@threadstore/core/documents";
import type { Command } from "commander";
import { EXIT } from "../cli/exit-codes.ts";
import { configOption, jsonOption, namespaceOption, STORE_HELP, yesOption } from "../cli/parameters.ts";
import type { Location, Session, Start } from "../cli/session.ts";
import { count, threadName } from "../output/format.ts";
import { progressOn } from "../output/progress.ts";
import { printJson, printLines } from "../output/terminal.ts";
import { visibleLine } from "../output/visible-text.ts";
import { type ExportedThread, readLine } from "../transfer/export-line.ts";
import { importThread, type ImportOutcome } from "../transfer/import-thread.ts";
import { readLines } from "../transfer/read-lines.ts";
import { UsageError } from "../usage-error.ts";
import { viewOf } from "../walk/walk.ts";
import { importConversations } from "./conversations.ts";
import { type FormatOptions, rejectFormatOptions, withImportOptions } from "./format-options.ts";

interface ImportOptions extends FormatOptions {
  readonly partial?: boolean;
}

export function addImport(program: Command, start: Start): void {
  const command = program
    .command("import")
    .summary("save the threads of an export")
    .description(
      "Saves the threads of a file that `export` wrote, with their metadata and times. Checks every line first, and " +
        "imports nothing if one is damaged. With --format, it reads the conversations of another program. If it is " +
        "stopped, the same command continues.",
    )
    .argument("<file>", "the file to read; with --format, also a folder or database")
    .argument("<store>", STORE_HELP)
    .addOption(namespaceOption());
  withImportOptions(command)
    .option("--partial", "accept a file that does not end with the last line of an export")
    .option("--overwrite", "replace threads of the store that differ; needs --yes")
    .addOption(yesOption())
    .addOption(jsonOption())
    .addOption(configOption())
    .action((file: string, url: string, options: ImportOptions) =>
      start((session) => {
        return options.format === undefined
          ? importThreads(session, file, url, options)
          : importConversations(session, file, url, options);
      }),
    );
}

async function importThreads(
  session: Session,
  file: string,
  url: string,
  options: ImportOptions,
): Promise<number> {
  const { folder, stdout } = session.terminal;
  rejectFormatOptions(options, ["dryRun"]);
  const path = resolve(folder, file);
  if (!existsSync(path)) throw new UsageError("The file of the import does not exist. Correct its path.");
  if (options.overwrite === true && options.yes !== true) {
    await printLines(stdout, [
      "Nothing was imported. `--overwrite` replaces threads: confirm it with --yes.",
    ]);
    return EXIT.dryRun;
  }
  await checkLines(path, options.partial === true);
  const location = await session.create(url, options);
  const { totals, different } = await saveThreads(session, location, path, options.overwrite === true);
  if (options.json === true) await printJson(stdout, { store: location.label, ...totals, different });
  else await printTotals(session, location, totals, different);
  return different.length > 0 ? EXIT.attention : EXIT.done;
}

const SHOWN_LINES = 20;

/** Throws a {@link UsageError} with the numbers of the damaged lines. */
async function checkLines(path: string, isPartial: boolean): Promise<void> {
  const damaged: string[] = [];
  let threads = 0;
  let end: number | undefined;
  for await (const { number, bytes, isComplete } of readLines(path)) {
    const line = isComplete ? readLine(bytes) : "It does not end with a line break, so the rest is missing.";
    if (typeof line === "string") damaged.push(`line ${number}: ${line}`);
    else if ("json" in line) threads += 1;
    else end = line.threads;
  }
  if (damaged.length > 0) {
    const more = damaged.length > SHOWN_LINES ? [`and ${damaged.length - SHOWN_LINES} others`] : [];
    throw new UsageError(
      [
        `Nothing was imported, because lines of the file are damaged.`,
        ...damaged.slice(0, SHOWN_LINES),
        ...more,
      ].join("\n  "),
    );
  }
  if (isPartial || end === threads) return;
  throw new UsageError(
    end === undefined
      ? "Nothing was imported, because the end of the file is missing. Export again, or accept it with `--partial`."
      : `Nothing was imported: the file has ${threads} of ${end} threads. Export again, or accept it with \`--partial\`.`,
  );
}

type Totals = Record<Exclude<ImportOutcome, "different">, number>;

interface Imported {
  readonly totals: Totals;
  readonly different: readonly string[];
}

/** The number of threads that are saved at a time. */
const CONCURRENCY = 4;

async function saveThreads(
  { terminal }: Session,
  { store }: Location,
  path: string,
  overwrite: boolean,
): Promise<Imported> {
  const { signal, stderr } = terminal;
  const progress = progressOn(stderr);
  const totals: Totals = { imported: 0, present: 0, expired: 0 };
  const different: string[] = [];
  const save = async (thread: ExportedThread): Promise<void> => {
    const view = viewOf(store, thread.namespaces);
    const outcome = await importThread(view, thread, { overwrite, signal });
    if (outcome === "different") different.push(threadName(thread.namespaces, thread.id));
    else totals[outcome] += 1;
    progress.show(`${count(totals.imported, "thread")} imported, ${totals.present} already there`);
  };
  let batch: ExportedThread[] = [];
  try {
    for await (const { bytes } of readLines(path)) {
      const line = readLine(bytes);
      if (typeof line === "string")
        throw new UsageError("The file has changed during the import. Run it again.");
      if (!("json" in line)) continue;
      batch.push(line);
      if (batch.length < CONCURRENCY) continue;
      await mapConcurrently(batch, save, CONCURRENCY);
      batch = [];
    }
    await mapConcurrently(batch, save, CONCURRENCY);
    return { totals, different };
  } finally {
    progress.stop();
  }
}

async function printTotals(
  { terminal }: Session,
  { label }: Location,
  { imported, present, expired }: Totals,
  different: readonly string[],
): Promise<void> {
  await printLines(terminal.stdout, [
    `Imported ${count(imported, "thread")} into ${visibleLine(label)}. ${present} already there, ${expired} expired.`,
  ]);
  const kept = different.map(visibleLine);
  await printLines(
    terminal.stderr,
    kept.map((name) => `Another thread has this id, and was kept: ${name}`),
  );
  if (kept.length > 0) await printLines(terminal.stderr, ["Replace them with `--overwrite --yes`."]);
}
