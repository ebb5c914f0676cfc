import type { Command } from "commander";
import { EXIT } from "../cli/exit-codes.ts";
import {
  configOption,
  namespaceOption,
  STORE_HELP,
  type Where,
  whereOption,
  yesOption,
} from "../cli/parameters.ts";
import type { Location, Session, Start } from "../cli/session.ts";
import { count, formatBytes, namespaceName } from "../output/format.ts";
import { progressOn } from "../output/progress.ts";
import { printJson, printLines } from "../output/terminal.ts";
import { visibleLine } from "../output/visible-text.ts";
import { type StateFile, withState } from "../state/state-file.ts";
import { UsageError } from "../usage-error.ts";
import { walk } from "../walk/walk.ts";
import { eraseMatching, type MatchingState } from "./erase-matching.ts";
import { countUnmatchable, unmatchableLines } from "./unmatchable.ts";

interface EraseOptions {
  readonly namespace?: readonly string[];
  readonly config?: string;
  readonly prefix?: string;
  readonly where?: Where;
  readonly all?: boolean;
  readonly yes?: boolean;
}

/** What was erased. Plain data. */
interface Receipt {
  readonly threads: number;
  readonly bytes: number;
  readonly startedAt: Date;
  readonly finishedAt: Date;
}

type EraseState = { readonly cursor: string } | MatchingState;

export function addErase(program: Command, start: Start): void {
  program
    .command("erase")
    .summary("delete a namespace or matching threads, and print a receipt")
    .description(
      "Deletes all threads of a namespace and of the namespaces in it, or those that match, and prints a receipt as " +
        "JSON. Without --yes, it only says what it would delete.",
    )
    .argument("<store>", STORE_HELP)
    .addOption(namespaceOption())
    .option("-p, --prefix <text>", "only threads whose id begins with this text")
    .addOption(whereOption())
    .option("--all", "erase the whole store, if there is no namespace and no filter")
    .addOption(yesOption())
    .addOption(configOption())
    .action((url: string, options: EraseOptions) => start((session) => erase(session, url, options)));
}

async function erase(session: Session, url: string, options: EraseOptions): Promise<number> {
  const { prefix, where, namespace = [] } = options;
  const isWhole = namespace.length === 0 && prefix === undefined && where === undefined;
  if (isWhole && options.all !== true) {
    throw new UsageError(
      "This would erase the whole store. Choose `--namespace`, `--prefix` or `--where`, or confirm it with `--all`.",
    );
  }
  const location = await session.open(url, options);
  if (options.yes !== true) return printDryRun(session, location, { prefix, where });
  const { terminal } = session;
  const { threads, bytes, startedAt, finishedAt } = await eraseAndCount(session, location, { prefix, where });
  const unmatchable = await countUnmatchable(location.store, { prefix, where }, terminal.signal);
  await printJson(terminal.stdout, {
    store: location.label,
    namespace: namespaceName(namespace),
    ...(prefix === undefined ? {} : { prefix }),
    ...(where === undefined ? {} : { where }),
    threads,
    bytes,
    ...(where === undefined ? {} : { unmatchable }),
    startedAt,
    finishedAt,
  });
  await printLines(terminal.stderr, unmatchableLines(unmatchable));
  return unmatchable > 0 ? EXIT.attention : EXIT.done;
}

/** The threads to erase: all of the location if there is neither. */
interface Filters {
  readonly prefix: string | undefined;
  readonly where: Where | undefined;
}

async function printDryRun(
  { terminal }: Session,
  { label, store }: Location,
  filters: Filters,
): Promise<number> {
  let threads = 0;
  let bytes = 0;
  for await (const page of walk(store, { ...filters, limit: 1000, signal: terminal.signal })) {
    threads += page.threads.length;
    bytes += page.threads.reduce((sum, { size = 0 }) => sum + size, 0);
  }
  await printLines(terminal.stdout, [
    `Would erase ${count(threads, "thread")} (${formatBytes(bytes)}) of ${visibleLine(label)}. Confirm it with --yes.`,
  ]);
  const unmatchable = await countUnmatchable(store, filters, terminal.signal);
  await printLines(terminal.stderr, unmatchableLines(unmatchable));
  return EXIT.dryRun;
}

async function eraseAndCount(session: Session, location: Location, filters: Filters): Promise<Receipt> {
  const { folder } = session.terminal;
  return withState<EraseState, Receipt>({ folder, command: "erase" }, [location.identity, filters], (state) =>
    eraseFromState(session, location, { filters, state }),
  );
}

async function eraseFromState(
  { terminal }: Session,
  location: Location,
  { filters, state }: { readonly filters: Filters; readonly state: StateFile<EraseState> },
): Promise<Receipt> {
  const { signal } = terminal;
  const { store } = location;
  const progress = progressOn(terminal.stderr);
  const show = (threads: number): void => progress.show(`${count(threads, "thread")} erased`);
  try {
    const earlier = await state.read();
    const isFiltered = filters.prefix !== undefined || filters.where !== undefined;
    const receipt = isFiltered
      ? await eraseMatching(store, filters, {
          earlier: earlier !== undefined && "threads" in earlier ? earlier : undefined,
          write: state.write,
          show,
          signal,
        })
      : await eraseAll(location, earlier !== undefined && "cursor" in earlier ? earlier.cursor : undefined, {
          write: (cursor) => state.write({ cursor }),
          show,
          signal,
        });
    await state.remove();
    return receipt;
  } finally {
    progress.stop();
  }
}

interface Continuation {
  readonly write: (cursor: string) => Promise<void>;
  readonly show: (threads: number) => void;
  readonly signal: AbortSignal;
}

/** Erases a namespace. A call stops before its time is over, and the next one continues. */
async function eraseAll(
  { store }: Location,
  start: string | undefined,
  { write, show, signal }: Continuation,
): Promise<Receipt> {
  let cursor = start;
  for (;;) {
    const result = await store.erase({
      cursor,
      signal,
      async onProgress(progress) {
        show(progress.threads);
        await write(progress.cursor);
      },
    });
    const { threads, bytes, startedAt, finishedAt } = result;
    if (finishedAt !== undefined) return { threads, bytes, startedAt, finishedAt };
    cursor = result.cursor;
    if (cursor !== undefined) await write(cursor);
  }
}
