import type { SerializedThread, StoredThread } from "@threadstore/core";
import { THREAD_FORMAT } from "@threadstore/core/documents";
import type { Command } from "commander";
import { EXIT } from "../cli/exit-codes.ts";
import { configOption, jsonOption, namespaceOption, STORE_HELP } from "../cli/parameters.ts";
import type { Session, Start } from "../cli/session.ts";
import { conversationLines } from "../conversation/format-conversation.ts";
import { readConversation } from "../conversation/read-conversation.ts";
import { formatBytes, formatTime } from "../output/format.ts";
import { type Paint, printLines, type Terminal, write } from "../output/terminal.ts";
import { visibleJson, visibleLine } from "../output/visible-text.ts";
import { importInstalled } from "../stores/import-package.ts";
import { UsageError } from "../usage-error.ts";

interface ShowOptions {
  readonly namespace?: readonly string[];
  readonly config?: string;
  readonly json?: boolean;
  readonly raw?: boolean;
}

export function addShow(program: Command, start: Start): void {
  program
    .command("show")
    .summary("print a thread as a conversation")
    .description("Prints a thread: as a conversation if its form is known, or else as indented JSON.")
    .argument("<store>", STORE_HELP)
    .argument("<id>", "the id of the thread")
    .addOption(namespaceOption())
    .addOption(jsonOption())
    .option("--raw", "print the stored JSON, byte for byte unless it goes to a terminal")
    .addOption(configOption())
    .action((url: string, id: string, options: ShowOptions) =>
      start((session) => show(session, url, id, options)),
    );
}

async function show(session: Session, url: string, id: string, options: ShowOptions): Promise<number> {
  const { terminal, paint } = session;
  const { stdout, signal } = terminal;
  const { store, label } = await session.open(url, options);
  const stored = await store.load(id, { signal });
  if (stored === undefined) throw new UsageError(`${label} has no thread ${id}. List them with \`ls\`.`);
  if (options.raw === true)
    await write(stdout, stdout.isTTY === true ? visibleJson(stored.json) : stored.json);
  else if (options.json === true) await write(stdout, `${visibleJson(jsonOf(stored))}\n`);
  else
    await printLines(stdout, [
      ...headerLines(stored, paint),
      ...(await contentLines(stored, terminal, paint)),
    ]);
  return EXIT.done;
}

/** Returns the thread and its details as JSON. The stored text of the thread stays as it is. */
function jsonOf(stored: StoredThread): string {
  const { id, version, size, createdAt, updatedAt, expiresAt, metadata } = stored;
  const members = { id, version, size, createdAt, updatedAt, expiresAt: expiresAt ?? null, metadata };
  return `${JSON.stringify(members).slice(0, -1)},"thread":${stored.json}}`;
}

function headerLines(stored: StoredThread, paint: Paint): string[] {
  const { id, version, size, createdAt, updatedAt, expiresAt, metadata } = stored;
  const members: readonly (readonly [string, string])[] = [
    ["version", version],
    ["size", formatBytes(size)],
    ["created", formatTime(createdAt)],
    ["updated", formatTime(updatedAt)],
    ...(expiresAt === undefined ? [] : [["expires", formatTime(expiresAt)] as const]),
    ...Object.entries(metadata).map(([name, value]) => [`metadata ${name}`, value] as const),
  ];
  const lines = members.map(([name, value]) => `${paint("dim", visibleLine(name))}  ${visibleLine(value)}`);
  return [paint("bold", visibleLine(id)), ...lines];
}

async function contentLines(stored: StoredThread, terminal: Terminal, paint: Paint): Promise<string[]> {
  const thread = (await fromAgentFramework(stored, terminal)) ?? stored.thread;
  const entries = readConversation(thread);
  if (entries !== undefined) return conversationLines(entries, paint);
  return ["", ...visibleJson(JSON.stringify(stored.thread, undefined, 2)).split("\n")];
}

/** Converts a thread of Agent Framework, if the package that knows its forms is installed. */
async function fromAgentFramework(
  { json, thread }: StoredThread,
  { folder }: Terminal,
): Promise<SerializedThread | undefined> {
  if (thread["format"] === THREAD_FORMAT) return undefined;
  const bridge = await importInstalled<typeof import("@threadstore/agent-framework")>(
    "@threadstore/agent-framework",
    folder,
  );
  if (bridge === undefined) return undefined;
  const { InterchangeError, detectShape, readAgentFrameworkThread } = bridge;
  try {
    const { shape, messagesAt } = detectShape(json);
    if (shape === "threadstore" || messagesAt !== "thread") return undefined;
    return readAgentFrameworkThread(json).thread;
  } catch (error) {
    if (InterchangeError.is(error)) return undefined;
    throw error;
  }
}
