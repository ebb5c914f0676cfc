import { mkdir } from "node:fs/promises";
import { resolve } from "node:path";
import { memoryStore } from "@threadstore/core";
import { EXIT } from "../cli/exit-codes.ts";
import type { Location, Session } from "../cli/session.ts";
import { startTransfer, type TransferReport } from "../formats/run-transfer.ts";
import type { TransferContext, TransferFormat } from "../formats/transfer-format.ts";
import { count } from "../output/format.ts";
import { printJson, printLines } from "../output/terminal.ts";
import { visibleLine } from "../output/visible-text.ts";
import { MissingStoreError } from "../usage-error.ts";
import { chosenFormat, type FormatOptions } from "./format-options.ts";

/** A transfer of the conversations of another program. */
interface Direction {
  readonly verb: "Imported" | "Exported";
  readonly open: (session: Session) => Promise<Location>;
  readonly units: (format: TransferFormat, context: TransferContext) => ReturnType<TransferFormat["import"]>;
  /** The end of the first sentence of the output, such as ` into sqlite:threads.db`. */
  readonly where: (location: Location) => string;
}

/** Imports the conversations of another program. Resolves with the exit code. */
export function importConversations(
  session: Session,
  file: string,
  url: string,
  options: FormatOptions,
): Promise<number> {
  return transfer(session, options, {
    verb: "Imported",
    open: () => (options.dryRun === true ? openOrEmpty(session, url, options) : session.create(url, options)),
    units: (format, context) => format.import(file, context),
    where: ({ label }) => ` into ${label}`,
  });
}

/** Exports conversations in the format of another program. Resolves with the exit code. */
export function exportConversations(
  session: Session,
  url: string,
  file: string,
  options: FormatOptions,
): Promise<number> {
  const target = resolve(session.terminal.folder, file);
  const label = session.redact(file);
  return transfer(session, options, {
    verb: "Exported",
    open: () => session.open(url, options),
    async *units(format, context) {
      if (!context.isDryRun && format.target === "folder")
        await mkdir(target, { recursive: true, mode: 0o700 });
      yield* format.export(file, context);
    },
    where: ({ label: location }) => ` of ${location} to ${label}`,
  });
}

/** Opens a store, or an empty memory store if it does not exist. */
async function openOrEmpty(session: Session, url: string, options: FormatOptions): Promise<Location> {
  try {
    return await session.open(url, options);
  } catch (error) {
    if (!(error instanceof MissingStoreError)) throw error;
    return { label: url, store: memoryStore(), identity: url, namespace: [] };
  }
}

async function transfer(session: Session, options: FormatOptions, direction: Direction): Promise<number> {
  const { folder, signal, stdout } = session.terminal;
  const isDryRun = options.dryRun === true;
  if (options.overwrite === true && options.yes !== true && !isDryRun) {
    await printLines(stdout, [
      `Nothing was ${direction.verb.toLowerCase()}. \`--overwrite\` replaces conversations: confirm it with --yes.`,
    ]);
    return EXIT.dryRun;
  }
  const format = chosenFormat(options);
  const location = await direction.open(session);
  const { report, run } = startTransfer(session, format.noun);
  const { store } = location;
  const closing: (() => Promise<void>)[] = [];
  const defer = (close: () => Promise<void>): void => void closing.push(close);
  const overwrite = options.overwrite === true;
  const context = { folder, store, signal, isDryRun, overwrite, options, report, defer };
  let result: TransferReport;
  try {
    result = await run(direction.units(format, context));
  } finally {
    for (const close of closing) await close();
  }
  if (options.json === true) await printJson(stdout, { store: location.label, dryRun: isDryRun, ...result });
  else await printReport(session, result, { ...direction, location, isDryRun, noun: format.noun });
  return result.problems + result.different + result.failed > 0 ? EXIT.attention : EXIT.done;
}

async function printReport(
  { terminal }: Session,
  { moved, present, different, other, firstDifferent }: TransferReport,
  {
    verb,
    where,
    location,
    isDryRun,
    noun,
  }: Direction & { readonly location: Location; readonly isDryRun: boolean; readonly noun: string },
): Promise<void> {
  const head = isDryRun ? `Dry run: would have ${verb.toLowerCase()}` : verb;
  const leftOut = other === 0 ? "" : `, ${other} left out`;
  await printLines(terminal.stdout, [
    visibleLine(
      `${head} ${count(moved, noun)}${where(location)}. ${present} already there, ${different} different${leftOut}.`,
    ),
  ]);
  await printLines(
    terminal.stderr,
    firstDifferent.map((name) => `Another ${noun} has this name, and was kept: ${visibleLine(name)}`),
  );
  if (different > 0) await printLines(terminal.stderr, ["Replace them with `--overwrite --yes`."]);
}
