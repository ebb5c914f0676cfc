import type { StoredThread } from "@threadstore/core";
import type { Command } from "commander";
import { EXIT } from "../cli/exit-codes.ts";
import { configOption, jsonOption, namespaceOption, STORE_HELP } from "../cli/parameters.ts";
import type { Session, Start } from "../cli/session.ts";
import { conversationLines } from "../conversation/format-conversation.ts";
import { readStoredConversation } from "../conversation/from-agent-framework.ts";
import { formatBytes, formatTime } from "../output/format.ts";
import { widthOf } from "../output/table.ts";
import { type Paint, printLines, type Terminal, write } from "../output/terminal.ts";
import { visibleJson, visibleLine } from "../output/visible-text.ts";
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
  const width = Math.max(...members.map(([name]) => widthOf(visibleLine(name))));
  const lines = members.map(([name, value]) => {
    const visible = visibleLine(name);
    return `${paint("dim", visible)}${" ".repeat(width - widthOf(visible))}  ${visibleLine(value)}`;
  });
  return [paint("bold", visibleLine(id)), ...lines];
}

async function contentLines(stored: StoredThread, terminal: Terminal, paint: Paint): Promise<string[]> {
  const conversation = await readStoredConversation(stored, terminal.folder);
  if (conversation !== undefined) return conversationLines(conversation.entries, paint);
  return ["", ...visibleJson(indentedJson(stored)).split("\n")];
}

/** Returns the thread as indented JSON, or as it is stored if it is nested too deeply for that. */
function indentedJson({ thread, json }: StoredThread): string {
  try {
    return JSON.stringify(thread, undefined, 2);
  } catch (error) {
    if (error instanceof RangeError) return json;
    throw error;
  }
}
