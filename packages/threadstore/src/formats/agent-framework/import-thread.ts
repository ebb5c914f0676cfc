import type { JsonValue, SerializedThread, StoredThread } from "@threadstore/core";
import { canonicalJson } from "@threadstore/core/documents";
import { isError } from "@threadstore/core/driver";
import { viewOf } from "../../walk/walk.ts";
import type { FoundFile } from "../files/find-files.ts";
import { jsonLines } from "../files/json-lines.ts";
import { readText } from "../files/read-json.ts";
import { RecordError } from "../record-error.ts";
import { type Relation, relationOfLists, saveThread } from "../save-thread.ts";
import type { MoveOutcome, TransferContext } from "../transfer-format.ts";
import { type Bridge, reportEntries, storedForm } from "./bridge.ts";

type ReadThread = ReturnType<Bridge["readAgentFrameworkThread"]>;

/** Imports a thread: converted for the agents of this project, or in its shape. */
export async function importThread(
  bridge: Bridge,
  file: FoundFile,
  context: TransferContext,
): Promise<MoveOutcome> {
  const { path, folders, name, extension } = file;
  const isLines = extension === ".jsonl";
  if (isLines && context.options.keepShape === true) {
    throw new RecordError("A history of messages is not one object. Import it without `--keep-shape`.");
  }
  const document = isLines
    ? await readHistory(bridge, path, context)
    : await readThread(bridge, path, context);
  if (typeof document === "string") return document;
  const { text, read } = document;
  reportEntries(path, read.report, context);
  const thread = context.options.keepShape === true ? text : read.thread;
  const relationOf = (stored: StoredThread): Relation => relationTo(bridge, stored, read.thread);
  return saveThread(viewOf(context.store, folders), { id: name, thread, relationOf }, context);
}

interface Document {
  readonly text: string;
  readonly read: ReadThread;
}

async function readThread(
  bridge: Bridge,
  path: string,
  { report, options }: TransferContext,
): Promise<Document | "failed"> {
  const text = await readText(path, report);
  return text === undefined
    ? "failed"
    : { text, read: bridge.readAgentFrameworkThread(text, agentOf(options)) };
}

/** Reads the messages of a file of JSON Lines. Reports those that cannot be read, and leaves them out. */
async function readHistory(
  bridge: Bridge,
  path: string,
  { report, options }: TransferContext,
): Promise<Document | "failed" | "other"> {
  let lines: { readonly line: number; readonly text: string }[] = [];
  for await (const { line, text } of jsonLines(path, { place: path, report })) lines.push({ line, text });
  for (;;) {
    if (lines.length === 0) return "other";
    const text = lines.map((line) => `${line.text}\n`).join("");
    try {
      return { text, read: bridge.readAgentFrameworkThread(text, agentOf(options)) };
    } catch (error) {
      const fault = isError(error) && "path" in error ? String(error.path) : "";
      const [, position, inner = ""] = /^\$(?:\.messages)?\[(\d+)\](.*)$/su.exec(fault) ?? [];
      const faulty = lines[Number(position ?? -1)];
      if (faulty === undefined || !isError(error)) throw error;
      report({ place: path, line: faulty.line, path: `$${inner}`, message: error.message });
      lines = lines.filter((each) => each !== faulty);
    }
  }
}

function agentOf({ agent }: TransferContext["options"]): { readonly agent?: string } {
  return agent === undefined ? {} : { agent };
}

/** Compares the messages of a stored thread, in whichever form it is stored, with those of an imported one. */
function relationTo(bridge: Bridge, stored: StoredThread, imported: SerializedThread): Relation {
  const form = storedForm(stored);
  if (form === undefined) return "different";
  const current = form === "kept" ? bridge.readAgentFrameworkThread(stored.json).thread : stored.thread;
  const relation = relationOfLists(listOf(current), listOf(imported));
  // The state of the session may have changed without its messages.
  if (relation === "same") return stateOf(current) === stateOf(imported) ? "same" : "different";
  // The agents of this project have added data that the imported thread cannot have.
  return relation === "older" && othersOf(current) !== othersOf(imported) ? "different" : relation;
}

function listOf({ messages }: SerializedThread): readonly JsonValue[] {
  return Array.isArray(messages) ? messages : [];
}

/** Returns what Agent Framework keeps beside the messages. */
function stateOf({ agentFramework = null, history = null, turn = null }: SerializedThread): string {
  return canonicalJson({ agentFramework, history, turn });
}

/** Returns the members that only the agents of this project write. */
function othersOf({
  messages: _messages,
  agentFramework: _state,
  agent: _agent,
  turn: _turn,
  history: _history,
  ...others
}: SerializedThread): string {
  return canonicalJson(others);
}
