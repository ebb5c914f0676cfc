import type { ThreadSummary } from "@threadstore/core";
import type { Command } from "commander";
import { EXIT } from "../cli/exit-codes.ts";
import {
  configOption,
  integerUpTo,
  jsonOption,
  namespaceOption,
  STORE_HELP,
  whereOption,
} from "../cli/parameters.ts";
import type { Location, Session, Start } from "../cli/session.ts";
import { formatBytes, formatTime } from "../output/format.ts";
import { tableLines } from "../output/table.ts";
import { printJson, printLines } from "../output/terminal.ts";
import { visibleLine } from "../output/visible-text.ts";
import { namespaceTree, treeLines } from "./namespace-tree.ts";

interface LsOptions {
  readonly namespace?: readonly string[];
  readonly config?: string;
  readonly prefix?: string;
  readonly where?: Record<string, string>;
  readonly limit: number;
  readonly cursor?: string;
  readonly tree?: boolean;
  readonly json?: boolean;
}

const DEFAULT_LIMIT = 50;

export function addLs(program: Command, start: Start): void {
  program
    .command("ls")
    .summary("list threads, the latest first")
    .description("Lists the threads of a store or namespace, the latest first, and the namespaces in it.")
    .argument("<store>", STORE_HELP)
    .addOption(namespaceOption())
    .option("-p, --prefix <text>", "only threads whose id begins with this text")
    .addOption(whereOption())
    .option("-l, --limit <number>", "how many threads to list, 1 to 1000", integerUpTo(1000), DEFAULT_LIMIT)
    .option("-c, --cursor <text>", "the cursor that an earlier page printed")
    .option("-t, --tree", "print the tree of namespaces with the number of their threads instead")
    .addOption(jsonOption())
    .addOption(configOption())
    .action((url: string, options: LsOptions) => start((session) => list(session, url, options)));
}

async function list(session: Session, url: string, options: LsOptions): Promise<number> {
  const location = await session.open(url, options);
  return options.tree === true
    ? printTree(session, location, options)
    : printPage(session, location, options);
}

async function printTree({ terminal }: Session, location: Location, { json }: LsOptions): Promise<number> {
  const tree = await namespaceTree(location.store, terminal.signal);
  if (json === true) await printJson(terminal.stdout, tree);
  else await printLines(terminal.stdout, [visibleLine(location.label), ...treeLines(tree)]);
  return EXIT.done;
}

async function printPage(
  { terminal, paint }: Session,
  { store }: Location,
  { prefix, where, limit, cursor, json }: LsOptions,
): Promise<number> {
  const { signal, stdout } = terminal;
  const filters = { prefix, where, metadata: true, order: "updated", signal } as const;
  const threads: ThreadSummary[] = [];
  let next = cursor;
  // Pages of a listing with filters can be short.
  do {
    const page = await store.listPage({ ...filters, limit: limit - threads.length, cursor: next });
    threads.push(...page.threads);
    next = page.cursor;
  } while (next !== undefined && threads.length < limit);
  const hasFilters = prefix !== undefined || where !== undefined || cursor !== undefined;
  const page = hasFilters ? undefined : await store.namespaces({ limit: 1000, signal });
  const namespaces = page?.namespaces ?? [];
  if (json === true) {
    await printJson(stdout, { namespaces, threads, cursor: next ?? null });
    return exitCodeOf(threads);
  }
  await printLines(
    stdout,
    namespaces.map((name) => paint("cyan", `${encodeURIComponent(name)}/`)),
  );
  const [header = "", ...rows] = tableLines(COLUMNS, threads.map(rowOf));
  if (threads.length > 0) await printLines(stdout, [paint("dim", header), ...rows]);
  if (threads.length + namespaces.length === 0) await printLines(terminal.stderr, ["No threads."]);
  if (next !== undefined) await printLines(terminal.stderr, [`Next page: --cursor ${next}`]);
  return exitCodeOf(threads);
}

const COLUMNS = [
  { title: "Id" },
  { title: "Updated" },
  { title: "Size", align: "right" },
  { title: "Expires" },
  { title: "Metadata" },
] as const;

function rowOf(summary: ThreadSummary): string[] {
  if (summary.corrupt) return [summary.id, "corrupt", "", "", ""];
  const { id, updatedAt, size, expiresAt, metadata = {} } = summary;
  const members = Object.entries(metadata).map(([name, value]) => `${name}=${value}`);
  const expiry = expiresAt === undefined ? "" : formatTime(expiresAt);
  return [id, formatTime(updatedAt), formatBytes(size), expiry, members.join(" ")];
}

function exitCodeOf(threads: readonly ThreadSummary[]): number {
  return threads.some(({ corrupt }) => corrupt) ? EXIT.attention : EXIT.done;
}
