import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { ThreadStoreError, type StoredThread } from "@threadstore/core";
import { mapConcurrently } from "@threadstore/core/documents";
import type { Command } from "commander";
import { EXIT } from "../cli/exit-codes.ts";
import { configOption, jsonOption, namespaceOption, STORE_HELP, yesOption } from "../cli/parameters.ts";
import type { Location, Session, Start } from "../cli/session.ts";
import { count, threadName } from "../output/format.ts";
import { progressOn } from "../output/progress.ts";
import { printLines } from "../output/terminal.ts";
import { visibleLine } from "../output/visible-text.ts";
import { type StateFile, withState } from "../state/state-file.ts";
import { type ExportState, openExport, resumableState } from "../transfer/export-file.ts";
import { threadLine } from "../transfer/export-line.ts";
import { UsageError } from "../usage-error.ts";
import { walk, type WalkedPage } from "../walk/walk.ts";
import { exportConversations } from "./conversations.ts";
import { type FormatOptions, rejectFormatOptions, withExportOptions } from "./format-options.ts";

export function addExport(program: Command, start: Start): void {
  const command = program
    .command("export")
    .summary("write threads to a file as JSON Lines")
    .description(
      "Writes the threads of a store or namespace and of all namespaces in it to a file: one line of JSON for each, " +
        "with its stored text, metadata and times, and a checksum. With --format, it writes the conversations as " +
        "another program does. If it is stopped, the same command continues.",
    )
    .argument("<store>", STORE_HELP)
    .argument("<file>", "the file to write, which must not exist; with --format, a folder or database")
    .addOption(namespaceOption());
  withExportOptions(command)
    .addOption(yesOption())
    .addOption(jsonOption())
    .addOption(configOption())
    .action((url: string, file: string, options: FormatOptions) =>
      start((session) => {
        return options.format === undefined
          ? exportThreads(session, url, file, options)
          : exportConversations(session, url, file, options);
      }),
    );
}

async function exportThreads(
  session: Session,
  url: string,
  file: string,
  options: FormatOptions,
): Promise<number> {
  const { folder, stdout, stderr } = session.terminal;
  rejectFormatOptions(options, ["dryRun", "overwrite", "json"]);
  const location = await session.open(url, options);
  const path = resolve(folder, file);
  checkFile(file, path);
  const identity = [location.identity, path];
  const state = await withState<ExportState, Progress>({ folder, command: "export" }, identity, (states) =>
    exportFromState(session, location, { path, states }),
  );
  await printLines(stdout, [
    `Exported ${count(state.threads, "thread")} of ${visibleLine(location.label)} to ${visibleLine(file)}.`,
  ]);
  await printLines(
    stderr,
    state.corrupt.map((name) => `Corrupt, not exported: ${visibleLine(name)}`),
  );
  return state.corrupt.length > 0 ? EXIT.attention : EXIT.done;
}

async function exportFromState(
  session: Session,
  location: Location,
  { path, states }: Omit<Export, "start">,
): Promise<Progress> {
  const earlier = await states.read();
  if (existsSync(path) && earlier?.isComplete !== true) {
    throw new UsageError("The file of the export exists. Choose another name.");
  }
  const start = await resumableState(path, earlier);
  const state = start.isComplete ? start : await writeExport(session, location, { path, states, start });
  await states.remove();
  return state;
}

function checkFile(file: string, path: string): void {
  if (file === "-") {
    throw new UsageError("An export needs a file, in which it continues if it is stopped. Choose a name.");
  }
  if (existsSync(dirname(path))) return;
  throw new UsageError("The folder of the export does not exist. Create it, or correct the path.");
}

interface Export {
  readonly path: string;
  readonly states: StateFile<ExportState>;
  readonly start: ExportState;
}

type Progress = Omit<ExportState, "bytes">;

async function writeExport(
  { terminal }: Session,
  { store }: Location,
  { path, states, start }: Export,
): Promise<Progress> {
  const { signal, stderr } = terminal;
  const output = await openExport(path, states, start);
  const progress = progressOn(stderr);
  let state: Progress = start;
  try {
    for await (const page of walk(store, { start: start.position ?? undefined, limit: PAGE_SIZE, signal })) {
      const { lines, corrupt } = await readPage(page, signal);
      state = {
        ...state,
        position: page.next ?? null,
        threads: state.threads + lines.length,
        corrupt: [...state.corrupt, ...corrupt],
      };
      if (page.next === undefined) await output.finish(lines.join(""), state);
      else await output.append(lines.join(""), state);
      progress.show(`${count(state.threads, "thread")} exported`);
    }
    return state;
  } finally {
    progress.stop();
    await output.close();
  }
}

const PAGE_SIZE = 50;
/** The number of threads that are loaded at a time. */
const CONCURRENCY = 4;

interface ReadPage {
  readonly lines: readonly string[];
  readonly corrupt: readonly string[];
}

async function readPage({ namespaces, view, threads }: WalkedPage, signal: AbortSignal): Promise<ReadPage> {
  const loaded = await mapConcurrently(
    threads,
    async ({ id }): Promise<{ id: string; stored: StoredThread | undefined | "corrupt" }> => {
      try {
        return { id, stored: await view.load(id, { signal }) };
      } catch (error) {
        if (!ThreadStoreError.is(error, "CORRUPT")) throw error;
        return { id, stored: "corrupt" };
      }
    },
    CONCURRENCY,
  );
  return {
    // A thread that was deleted since it was listed is left out.
    lines: loaded.flatMap(({ stored }) =>
      stored === undefined || stored === "corrupt" ? [] : [threadLine(namespaces, stored)],
    ),
    corrupt: loaded.flatMap(({ id, stored }) => (stored === "corrupt" ? [threadName(namespaces, id)] : [])),
  };
}
