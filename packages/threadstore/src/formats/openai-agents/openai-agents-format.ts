import { resolve } from "node:path";
import { type JsonValue, memoryStore, type StoredThread, type ThreadStore } from "@threadstore/core";
import { type JsonObject, THREAD_FORMAT } from "@threadstore/core/documents";
import { threadName } from "../../output/format.ts";
import { importPackage } from "../../stores/import-package.ts";
import { viewOf, walk } from "../../walk/walk.ts";
import { nameStyleOf, threadPath } from "../files/file-names.ts";
import { findFiles, type FoundFile } from "../files/find-files.ts";
import { MAX_LINE_BYTES } from "../files/json-lines.ts";
import { writeFile } from "../files/write-file.ts";
import { problemOf } from "../problem-of.ts";
import { type Relation, relationOfLists, saveThread } from "../save-thread.ts";
import type { MoveOutcome, TransferContext, TransferFormat, TransferUnit } from "../transfer-format.ts";
import { problemOfPythonItem } from "./python-item.ts";
import { type CheckItem, readItems } from "./read-items.ts";

type Bridge = typeof import("@threadstore/openai-agents");
type AgentInputItem = Parameters<ReturnType<Bridge["threadSession"]>["addItems"]>[0][number];

const KIND = "openai-agents-items";
const PACKAGE = { name: "@threadstore/openai-agents", with: ["@openai/agents"] };
const PAGE_SIZE = 50;
const ID = "session";

/** Sessions of the OpenAI Agents SDK: files of items. */
export const OPENAI_AGENTS: TransferFormat = {
  name: "openai-agents",
  noun: "session",
  target: "folder",
  options: [],

  async *import(source, context) {
    const bridge = await importPackage<Bridge>(PACKAGE, context.folder);
    for await (const file of findFiles(resolve(context.folder, source), [".jsonl", ".json"], context)) {
      yield { name: file.path, move: () => importSession(bridge, file, context) };
    }
  },

  async *export(file, context) {
    const target = resolve(context.folder, file);
    const style = await nameStyleOf(target);
    for await (const { namespaces, view, threads } of walk(context.store, {
      limit: PAGE_SIZE,
      signal: context.signal,
    })) {
      for (const { id } of threads) {
        const path = threadPath(namespaces, id, ".jsonl", style);
        yield {
          name: threadName(namespaces, id),
          move: () => exportSession(view, id, { path, target }, context),
        } satisfies TransferUnit;
      }
    }
  },
};

async function importSession(
  bridge: Bridge,
  { path, folders, name, extension }: FoundFile,
  context: TransferContext,
): Promise<MoveOutcome> {
  // A session in memory checks the items, and writes the thread.
  const memory = memoryStore({ maxThreadBytes: MAX_LINE_BYTES });
  const session = bridge.threadSession({ store: memory, id: ID });
  const check: CheckItem = (item) => problemOfPythonItem(item) ?? problemOfItem(session, item);
  const items = await readItems(path, extension, { ...context, check });
  if (items === undefined) return "failed";
  await session.addItems(items as unknown as AgentInputItem[]);
  const written = await memory.load(ID);
  if (written === undefined) return "other";
  const relationOf = (stored: StoredThread): Relation => relationOfItems(stored, written);
  const view = viewOf(context.store, folders);
  return saveThread(view, { id: name, thread: written.json, relationOf }, context);
}

function problemOfItem(
  session: ReturnType<Bridge["threadSession"]>,
  item: JsonObject,
): ReturnType<CheckItem> {
  try {
    session.prepareHistoryItemsForPersistenceComparison([item as unknown as AgentInputItem]);
    return undefined;
  } catch (error) {
    const { message, path } = problemOf(error);
    // The item was passed as the first one of an array.
    const [, text = message] = /^[A-Z_]+: (.*)$/su.exec(message) ?? [];
    return { message: text.replaceAll("$[0]", "$"), path: path?.replace(/^\$\[0\]/u, "$") };
  }
}

function relationOfItems(stored: StoredThread, imported: StoredThread): Relation {
  const [old, added] = [itemsOf(stored), itemsOf(imported)];
  return old === undefined || added === undefined ? "different" : relationOfLists(old, added);
}

/** Returns the items of a stored session; `undefined` if it is another thread. */
function itemsOf({ thread }: StoredThread): JsonValue[] | undefined {
  const { format, kind, items } = thread as { readonly [name: string]: JsonValue | undefined };
  return format === THREAD_FORMAT && kind === KIND && Array.isArray(items) ? items : undefined;
}

async function exportSession(
  view: ThreadStore,
  id: string,
  { path, target }: { readonly path: string; readonly target: string },
  context: TransferContext,
): Promise<MoveOutcome> {
  const stored = await view.load(id, { signal: context.signal });
  const items = stored && itemsOf(stored);
  if (items === undefined) return "other";
  const content = function* (): Generator<string> {
    for (const item of items) yield `${JSON.stringify(item)}\n`;
  };
  return writeFile(target, { path, content }, context);
}
