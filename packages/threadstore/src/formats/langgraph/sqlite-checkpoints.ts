import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { BaseCheckpointSaver, CheckpointPendingWrite } from "@langchain/langgraph-checkpoint";
import { importPackage } from "../../stores/import-package.ts";
import { UsageError } from "../../usage-error.ts";
import type { TransferContext } from "../transfer-format.ts";
import { type CheckpointKey, type Checkpoints, configOf, sortedKeys } from "./checkpoints.ts";

/** The members of a database of better-sqlite3 that are used. */
interface Database {
  readonly prepare: (sql: string) => { readonly all: (...parameters: unknown[]) => unknown[] };
  readonly close: () => void;
}

interface SaverPackage {
  readonly SqliteSaver: new (database: unknown) => BaseCheckpointSaver;
}

const PACKAGE = { name: "@langchain/langgraph-checkpoint-sqlite" };
const PAGE_SIZE = 100;

/** Opens the tables of LangGraph in a SQLite file. One that is read is never changed. */
export async function sqliteCheckpoints(
  file: string,
  { readonly }: { readonly readonly: boolean },
  { folder, defer }: Pick<TransferContext, "folder" | "defer">,
): Promise<Checkpoints> {
  const path = resolve(folder, file);
  if (readonly && !existsSync(path)) throw new UsageError(`${path} does not exist. Correct the path.`);
  const { SqliteSaver } = await importPackage<SaverPackage>(PACKAGE, folder);
  const { default: open } = await importPackage<{ default: new (path: string, options: object) => Database }>(
    { name: "better-sqlite3", near: PACKAGE.name },
    folder,
  );
  const database = new open(path, { readonly });
  defer(async () => database.close());
  if (readonly) checkTables(database, path);
  const saver = new SqliteSaver(readonly ? unchanged(database) : database);
  return {
    saver,
    keepsUnversioned: true,
    async load(threadId, key) {
      const tuple = await saver.getTuple(configOf(threadId, key));
      return tuple && { ...tuple, pendingWrites: await writesOf(saver, database, threadId, key) };
    },
    async *threads() {
      const select =
        "SELECT DISTINCT thread_id FROM checkpoints WHERE thread_id > ? ORDER BY thread_id LIMIT ?";
      let last = "";
      for (;;) {
        const rows = database.prepare(select).all(last, PAGE_SIZE) as { readonly thread_id: string }[];
        for (const { thread_id: id } of rows) yield id;
        last = rows.at(-1)?.thread_id ?? "";
        if (rows.length < PAGE_SIZE) return;
      }
    },
    async keysOf(threadId) {
      // A new file has no tables until the saver has saved.
      if (!hasTables(database)) return [];
      const rows = database
        .prepare("SELECT checkpoint_ns, checkpoint_id FROM checkpoints WHERE thread_id = ?")
        .all(threadId) as { readonly checkpoint_ns: string; readonly checkpoint_id: string }[];
      return sortedKeys(rows.map(({ checkpoint_ns: namespace, checkpoint_id: id }) => ({ namespace, id })));
    },
  };
}

interface WriteRow {
  readonly task_id: string;
  readonly channel: string;
  readonly type: string | null;
  readonly value: Uint8Array | null;
}

/** Resolves with the pending writes of a checkpoint. The saver reads them as text, which changes binary values. */
function writesOf(
  { serde }: BaseCheckpointSaver,
  database: Database,
  threadId: string,
  { namespace, id }: CheckpointKey,
): Promise<CheckpointPendingWrite[]> {
  const rows = database
    .prepare(
      "SELECT task_id, channel, type, value FROM writes WHERE thread_id = ? AND checkpoint_ns = ? AND " +
        "checkpoint_id = ? ORDER BY task_id, idx",
    )
    .all(threadId, namespace, id) as WriteRow[];
  return Promise.all(
    rows.map(async ({ task_id: taskId, channel, type, value }): Promise<CheckpointPendingWrite> => {
      return [taskId, channel, (await serde.loadsTyped(type ?? "json", value ?? "")) as unknown];
    }),
  );
}

function checkTables(database: Database, path: string): void {
  try {
    if (hasTables(database)) return;
  } catch (error) {
    throw new UsageError(`${path} is not a SQLite database. Correct the path.`, { cause: error });
  }
  throw new UsageError(`${path} does not have the tables of LangGraph. Correct the path.`);
}

function hasTables(database: Database): boolean {
  const names = database
    .prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name IN ('checkpoints', 'writes')")
    .all();
  return names.length === 2;
}

/** Returns the database without the methods with which the saver creates tables and changes the journal mode. */
function unchanged(database: Database): object {
  return { prepare: (sql: string) => database.prepare(sql), pragma: doNothing, exec: doNothing };
}

function doNothing(): void {
  // The tables exist, and the journal stays as it is.
}
