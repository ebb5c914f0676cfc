import type { HistoryStore, MemberDiff } from "@threadstore/history";
import type { Command } from "commander";
import { EXIT } from "../cli/exit-codes.ts";
import { configOption, jsonOption, namespaceOption } from "../cli/parameters.ts";
import type { LocationOptions, Session, Start } from "../cli/session.ts";
import { formatBytes, formatTime } from "../output/format.ts";
import { tableLines } from "../output/table.ts";
import { type Paint, printJson, printLines } from "../output/terminal.ts";
import { visibleLine } from "../output/visible-text.ts";
import { isHistoryStore } from "../stores/history-store.ts";
import { UsageError } from "../usage-error.ts";

interface VersionsOptions extends LocationOptions {
  readonly json?: boolean;
}

const HISTORY_HELP = "config or config:NAME, for a store with withHistory of @threadstore/history";

/** Adds the commands for stores that keep the versions of threads. */
export function addVersions(program: Command, start: Start): void {
  withOptions(program.command("versions"))
    .summary("list the versions of a thread")
    .description("Lists the versions of a thread that a store with a history keeps, the newest first.")
    .argument("<store>", HISTORY_HELP)
    .argument("<id>", "the id of the thread")
    .action((url: string, id: string, options: VersionsOptions) =>
      start((session) => listVersions(session, url, id, options)),
    );
  withOptions(program.command("diff"))
    .summary("compare two versions of a thread")
    .description(
      "Prints the members of a thread, and the elements of arrays, that two versions do not share.",
    )
    .argument("<store>", HISTORY_HELP)
    .argument("<id>", "the id of the thread")
    .argument("<from>", "a version, as `versions` lists it")
    .argument("<to>", "another version")
    .action((url: string, id: string, from: string, to: string, options: VersionsOptions) =>
      start((session) => diff(session, url, { id, from, to }, options)),
    );
  withOptions(program.command("fork"))
    .summary("create a thread from a version of another one")
    .description(
      "Creates a thread from a version of another one. Never replaces a thread, and can be repeated.",
    )
    .argument("<store>", HISTORY_HELP)
    .argument("<id>", "the id of the thread")
    .argument("<version>", "a version, as `versions` lists it")
    .argument("<new-id>", "the id of the thread to create")
    .action((url: string, id: string, version: string, newId: string, options: VersionsOptions) =>
      start((session) => fork(session, url, { id, version, newId }, options)),
    );
}

function withOptions(command: Command): Command {
  return command.addOption(namespaceOption()).addOption(jsonOption()).addOption(configOption());
}

/**
 * Opens a store with a history. A URL has none: what such a store would write, applications without a history could not
 * read.
 */
async function openHistory(session: Session, url: string, options: VersionsOptions): Promise<HistoryStore> {
  const { store, label } = await session.open(url, options);
  if (isHistoryStore(store)) return store;
  throw new UsageError(
    `${label} was opened without a history. Export the store with \`withHistory\` from threadstore.config.js, and name it \`config\`.`,
  );
}

async function listVersions(
  session: Session,
  url: string,
  id: string,
  options: VersionsOptions,
): Promise<number> {
  const { terminal, paint } = session;
  const store = await openHistory(session, url, options);
  const versions = await store.versions(id, { signal: terminal.signal });
  if (versions.length === 0) throw new UsageError(`There is no thread ${id}. List them with \`ls\`.`);
  if (options.json === true) {
    await printJson(terminal.stdout, { id, versions });
    return EXIT.done;
  }
  const columns = [
    { title: "Version" },
    { title: "Saved" },
    { title: "Size", align: "right" },
    { title: "" },
  ] as const;
  const rows = versions.map(({ version, updatedAt, size, isCurrent }) => {
    return [version, formatTime(updatedAt), formatBytes(size), isCurrent ? "current" : ""];
  });
  const [header = "", ...lines] = tableLines(columns, rows);
  await printLines(terminal.stdout, [paint("dim", header), ...lines]);
  return EXIT.done;
}

interface Comparison {
  readonly id: string;
  readonly from: string;
  readonly to: string;
}

async function diff(
  session: Session,
  url: string,
  { id, from, to }: Comparison,
  options: VersionsOptions,
): Promise<number> {
  const { terminal, paint } = session;
  const store = await openHistory(session, url, options);
  const { members } = await store.diff(id, from, to, { signal: terminal.signal });
  if (options.json === true) await printJson(terminal.stdout, { id, from, to, members });
  else if (members.length === 0) await printLines(terminal.stdout, ["The versions are equal."]);
  else
    await printLines(
      terminal.stdout,
      members.flatMap((member) => memberLines(member, paint)),
    );
  return EXIT.done;
}

function memberLines({ name, start, removed, added }: MemberDiff, paint: Paint): string[] {
  const place = start === undefined ? name : `${name}, from element ${start} on`;
  return [
    paint("bold", visibleLine(place)),
    ...removed.map((value) => paint("red", `- ${visibleLine(JSON.stringify(value))}`)),
    ...added.map((value) => paint("green", `+ ${visibleLine(JSON.stringify(value))}`)),
  ];
}

interface Fork {
  readonly id: string;
  readonly version: string;
  readonly newId: string;
}

async function fork(
  session: Session,
  url: string,
  { id, version, newId }: Fork,
  options: VersionsOptions,
): Promise<number> {
  const { stdout, signal } = session.terminal;
  const store = await openHistory(session, url, options);
  const forked = await store.fork(id, version, newId, { signal });
  if (options.json === true) await printJson(stdout, { id: newId, version: forked.version });
  else await printLines(stdout, [visibleLine(`Created ${newId} from ${id}: version ${forked.version}.`)]);
  return EXIT.done;
}
