import { ThreadStoreError } from "@threadstore/core";
import { isWithin } from "@threadstore/core/decorator";
import { InvalidArgumentError, Option, type Command } from "commander";
import { EXIT } from "../cli/exit-codes.ts";
import {
  configOption,
  integerUpTo,
  jsonOption,
  namespaceOption,
  namespaceParameter,
  STORE_HELP,
  yesOption,
} from "../cli/parameters.ts";
import type { Location, Session, Start } from "../cli/session.ts";
import { count, formatBytes } from "../output/format.ts";
import { progressOn } from "../output/progress.ts";
import { printJson, printLines } from "../output/terminal.ts";
import { visibleLine } from "../output/visible-text.ts";
import { type StateFile, withState } from "../state/state-file.ts";
import { isConfigured } from "../stores/open-store.ts";
import {
  CLOCK_TOLERANCE_MS,
  copyInPasses,
  type CopyState,
  type CopyTask,
  type CopyTotals,
} from "../transfer/copy-passes.ts";
import { paceOf } from "../transfer/pace.ts";
import { UsageError } from "../usage-error.ts";
import { isEmpty } from "../walk/walk.ts";

interface CopyCommandOptions {
  readonly namespace?: readonly string[];
  readonly toNamespace?: readonly string[];
  readonly config?: string;
  readonly rate?: number;
  readonly changedSince?: Date;
  readonly overwrite?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
}

export function addCopy(program: Command, start: Start): void {
  program
    .command("copy")
    .summary("copy threads from one store to another")
    .description(
      "Copies the threads of a store or namespace and of all namespaces in it to another store, byte for byte, with " +
        "their metadata, expiry and times. Reads each copy back, and then copies what was saved in the meantime. If it " +
        "is stopped, the same command continues.",
    )
    .argument("<from>", STORE_HELP)
    .argument("<to>", "the store to copy to")
    .addOption(namespaceOption())
    .addOption(new Option("--to-namespace <path>", "the namespace to copy to").argParser(namespaceParameter))
    .option("-r, --rate <number>", "at most this many threads per second", integerUpTo(1_000_000))
    .option("--changed-since <time>", "only threads that were saved since this time", timeParameter)
    .option("--overwrite", "replace threads of the target that differ; needs --yes")
    .addOption(yesOption())
    .addOption(jsonOption())
    .addOption(configOption())
    .action((from: string, to: string, options: CopyCommandOptions) =>
      start((session) => copy(session, from, to, options)),
    );
}

function timeParameter(text: string): Date {
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) {
    throw new InvalidArgumentError("Write a time such as 2026-11-30T14:00:00Z.");
  }
  return time;
}

async function copy(
  session: Session,
  from: string,
  to: string,
  options: CopyCommandOptions,
): Promise<number> {
  const { stdout, stderr } = session.terminal;
  if (options.overwrite === true && options.yes !== true) {
    await printLines(stdout, ["Nothing was copied. `--overwrite` replaces threads: confirm it with --yes."]);
    return EXIT.dryRun;
  }
  const { namespace, toNamespace, config } = options;
  // The configuration may be that of one of the stores only.
  const others = [from, to].filter((url) => !isConfigured(url));
  const configOf = (url: string): string | undefined =>
    others.length === 1 && others[0] === url ? undefined : config;
  const source = await session.open(from, { namespace, config: configOf(from) });
  const target = await session.create(to, { namespace: toNamespace, config: configOf(to) });
  const corrupt = new Set<string>();
  const totals = await runCopy(session, { source, target, corrupt }, options).catch((error: unknown) => {
    const isItself = ThreadStoreError.is(error, "INVALID_ARGUMENT") && isWithin(target.store, source.store);
    throw isItself ? copyToItself(error) : error;
  });
  await printTotals(session, { source, target }, totals, options.json === true);
  const names = [...corrupt].map(visibleLine);
  await printLines(
    stderr,
    names.map((name) => `Corrupt, not copied: ${name}`),
  );
  return names.length > 0 ? EXIT.attention : EXIT.done;
}

/** The error of core names options that this command does not have. */
function copyToItself(cause: unknown): UsageError {
  return new UsageError(
    "The target is the source, or a namespace in it. Copy to another store, or with `--to-namespace` to a namespace outside of the source.",
    { cause },
  );
}

interface Copy {
  readonly source: Location;
  readonly target: Location;
  /** Receives the names of corrupt threads. */
  readonly corrupt: Set<string>;
}

async function runCopy(session: Session, copied: Copy, options: CopyCommandOptions): Promise<CopyTotals> {
  const { folder } = session.terminal;
  const { source, target } = copied;
  const identity = [
    source.identity,
    target.identity,
    options.changedSince ?? null,
    options.overwrite ?? false,
  ];
  return withState<CopyState, CopyTotals>({ folder, command: "copy" }, identity, (state) =>
    copyFromState(session, { ...copied, state }, options),
  );
}

async function copyFromState(
  { terminal }: Session,
  { source, target, corrupt, state }: Copy & { readonly state: StateFile<CopyState> },
  options: CopyCommandOptions,
): Promise<CopyTotals> {
  const { signal, stderr } = terminal;
  const earlier = await state.read();
  // If the target was deleted after an earlier run, continuing at the position of that run would skip its copies.
  const isResumable = earlier !== undefined && !(await isEmpty(target.store, signal));
  const start = isResumable ? earlier : await newCopy(target, options, signal);
  const progress = progressOn(stderr);
  const pace = paceOf(options.rate, signal);
  const processed = { 1: 0, 2: 0 };
  const task: CopyTask = {
    from: source.store,
    to: target.store,
    since: options.changedSince,
    signal,
    state,
    async onProgress(pass, { copied, skipped, corrupt: failed }) {
      progress.show(`pass ${pass}: ${count(copied, "thread")} copied, ${skipped} already there`);
      const before = processed[pass];
      processed[pass] = copied + skipped + failed;
      // The first page of a run that continues an earlier one has that one's threads in its totals.
      await pace(Math.min(processed[pass] - before, PAGE_SIZE));
    },
    onCorrupt: (name) => void corrupt.add(name),
  };
  try {
    const totals = await copyInPasses(task, start);
    await state.remove();
    return totals;
  } catch (error) {
    const isUnused = !isResumable && processed[1] === 0 && ThreadStoreError.is(error, "INVALID_ARGUMENT");
    if (isUnused) await removeUnused(state, target, { overwrite: options.overwrite, signal });
    throw error;
  } finally {
    progress.stop();
  }
}

/**
 * Removes the state of a copy that was rejected before it had copied a page, unless its target has got threads: then the
 * state says that they are its own copies.
 */
async function removeUnused(
  state: StateFile<CopyState>,
  { store }: Location,
  { overwrite, signal }: { readonly overwrite: boolean | undefined; readonly signal: AbortSignal },
): Promise<void> {
  if (overwrite === true || (await isEmpty(store, signal))) await state.remove();
}

/** The number of threads after which a copy reports its progress. */
const PAGE_SIZE = 50;

/**
 * Without `overwrite`, the target must be empty. Then each thread in it is one of the copy, which the second pass and a
 * later run may replace.
 */
async function newCopy(
  { label, store }: Location,
  { overwrite = false }: CopyCommandOptions,
  signal: AbortSignal,
): Promise<CopyState> {
  if (!overwrite && !(await isEmpty(store, signal))) {
    throw new UsageError(
      `${label} is not empty. Copy to a namespace with \`--to-namespace\`, or replace its threads with \`--overwrite --yes\`.`,
    );
  }
  return { startedAt: new Date().toISOString(), first: null, cursor: null, overwrite: true };
}

async function printTotals(
  { terminal }: Session,
  { source, target }: { readonly source: Location; readonly target: Location },
  { startedAt, first, second }: CopyTotals,
  isJson: boolean,
): Promise<void> {
  if (isJson) {
    await printJson(terminal.stdout, { from: source.label, to: target.label, startedAt, first, second });
    return;
  }
  const since = new Date(startedAt.getTime() - CLOCK_TOLERANCE_MS);
  await printLines(terminal.stdout, [
    `Copied ${count(first.copied, "thread")} (${formatBytes(first.bytes)}) from ${visibleLine(source.label)} to ` +
      `${visibleLine(target.label)}. ${count(first.skipped, "thread")} ${first.skipped === 1 ? "was" : "were"} already there.`,
    `Then copied ${count(second.copied, "thread")} that had changed in the meantime.`,
    `Later, copy what changes from now on: --changed-since ${since.toISOString()} --overwrite --yes`,
  ]);
}
