import { eraseWhere } from "@threadstore/core/maintenance";
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
import { printPlan, printRemaining, type RemovalJob, runRemovalJob } from "./removal-job.ts";

interface EraseOptions {
  readonly namespace?: readonly string[];
  readonly config?: string;
  readonly prefix?: string;
  readonly where?: Where;
  readonly all?: boolean;
  readonly yes?: boolean;
}

/** The receipt of an erase, as plain data. */
interface Receipt {
  readonly threads: number;
  readonly bytes: number;
  readonly startedAt: Date;
  readonly finishedAt: Date | undefined;
}

interface EraseState {
  readonly cursor: string;
}

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
  const filters = { prefix, where };
  const isFiltered = prefix !== undefined || where !== undefined;
  const isWhole = namespace.length === 0 && !isFiltered;
  if (isWhole && options.all !== true) {
    throw new UsageError(
      "This would erase the whole store. Choose `--namespace`, `--prefix` or `--where`, or confirm it with `--all`.",
    );
  }
  const location = await session.open(url, options);
  const isConfirmed = options.yes === true;
  if (isFiltered) return eraseMatching(session, location, filters, isConfirmed);
  return isConfirmed ? eraseNamespace(session, location) : printDryRun(session, location);
}

async function eraseNamespace(session: Session, location: Location): Promise<number> {
  await printReceipt(session, location, await eraseAndCount(session, location));
  return EXIT.done;
}

async function eraseMatching(
  session: Session,
  location: Location,
  filters: Filters,
  isConfirmed: boolean,
): Promise<number> {
  const { store } = location;
  const { prefix, where } = filters;
  const job: RemovalJob = {
    command: "erase",
    conditions: filters,
    run: (options) => eraseWhere(store, where ?? {}, { ...options, prefix }),
  };
  if (!isConfirmed) return printPlan(session, location, job);
  const outcome = await runRemovalJob(session, location, job);
  const { threads, bytes, expired, corrupt, startedAt, finishedAt } = outcome;
  const receipt = { prefix, where, threads, bytes, expired, corrupt, startedAt, finishedAt };
  await printReceipt(session, location, receipt);
  return (await printRemaining(session, outcome)) ? EXIT.attention : EXIT.done;
}

async function printReceipt(
  { terminal }: Session,
  { label, namespace }: Location,
  receipt: Receipt,
): Promise<void> {
  await printJson(terminal.stdout, { store: label, namespace: namespaceName(namespace), ...receipt });
}

/** The threads to erase. */
interface Filters {
  readonly prefix: string | undefined;
  readonly where: Where | undefined;
}

async function printDryRun({ terminal }: Session, { label, store }: Location): Promise<number> {
  let threads = 0;
  let bytes = 0;
  for await (const page of walk(store, { limit: 1000, signal: terminal.signal })) {
    threads += page.threads.length;
    bytes += page.threads.reduce((sum, { size = 0 }) => sum + size, 0);
  }
  await printLines(terminal.stdout, [
    `Would erase ${count(threads, "thread")} (${formatBytes(bytes)}) of ${visibleLine(label)}. Confirm it with --yes.`,
  ]);
  return EXIT.dryRun;
}

async function eraseAndCount(session: Session, location: Location): Promise<Receipt> {
  const { folder } = session.terminal;
  return withState<EraseState, Receipt>({ folder, command: "erase" }, [location.identity, {}], (state) =>
    eraseFromState(session, location, state),
  );
}

async function eraseFromState(
  { terminal }: Session,
  location: Location,
  state: StateFile<EraseState>,
): Promise<Receipt> {
  const { signal } = terminal;
  const progress = progressOn(terminal.stderr);
  const show = (threads: number): void => progress.show(`${count(threads, "thread")} erased`);
  try {
    const earlier = await state.read();
    const receipt = await eraseAll(location, earlier?.cursor, {
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
