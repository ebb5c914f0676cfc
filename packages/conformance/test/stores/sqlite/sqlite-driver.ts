import type { DatabaseSync, SQLInputValue } from "node:sqlite";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { ThreadDriver } from "@threadstore/core/driver";

interface Row {
  readonly id: string | Uint8Array;
  readonly version: string;
  readonly bytes: Uint8Array;
}

/** What a broken store does otherwise. */
export interface SqliteBug {
  /** How ids and namespaces are kept: what the columns are, and what is bound to them. */
  readonly columns?: string;
  readonly bound?: (text: string) => SQLInputValue;
  readonly insert?: string;
  readonly remove?: string;
  /** The page after an id or, with `countsRows`, after so many rows. */
  readonly page?: string;
  readonly countsRows?: boolean;
  readonly version?: (nonce: string, before: string | undefined) => string;
  /** Holds its transaction over a turn of the event loop. */
  readonly holdsTransactions?: boolean;
}

const text = (stored: string | Uint8Array): string =>
  typeof stored === "string" ? stored : Buffer.from(stored).toString();

/** Keeps records in one table. */
export function sqliteDriver(database: DatabaseSync, bug: SqliteBug = {}): ThreadDriver {
  const { bound = (part) => Buffer.from(part), version = (nonce) => nonce, countsRows = false } = bug;
  const statements = prepared(database, bug);

  function change(namespace: string, id: string, write: readonly SQLInputValue[], before?: string): boolean {
    const key = [bound(namespace), bound(id)];
    const { changes } =
      before === undefined
        ? statements.insert.run(...key, ...write)
        : statements.update.run(...write, ...key, before);
    return changes !== 0;
  }

  return {
    contract: 1,
    name: "node:sqlite",
    async read({ namespace, id }) {
      const found = statements.select.get(bound(namespace), bound(id)) as unknown as Row | undefined;
      return found && { version: found.version, bytes: found.bytes };
    },
    async write({ namespace, id }, { bytes, nonce }, before) {
      if (bug.holdsTransactions === true) {
        database.exec("BEGIN IMMEDIATE");
        await nextTurn();
      }
      const next = version(nonce, before);
      const isDone = change(namespace, id, [next, bytes], before);
      if (bug.holdsTransactions === true) database.exec("COMMIT");
      return isDone ? next : undefined;
    },
    async delete({ namespace, id }, before) {
      return statements.remove.run(bound(namespace), bound(id), before).changes !== 0;
    },
    async list(namespace, { after, limit }) {
      const start = countsRows ? Number(after ?? 0) : bound(after ?? "");
      const rows = statements.page.all(bound(namespace), start, limit + 1) as unknown as Row[];
      const records = rows
        .slice(0, limit)
        .map(({ id, version: at, bytes }) => ({ id: text(id), version: at, tail: bytes }));
      const next = countsRows ? String(Number(start) + limit) : records.at(-1)?.id;
      return { records, next: rows.length > limit ? next : undefined };
    },
    close: async () => database.close(),
  };
}

function prepared(database: DatabaseSync, bug: SqliteBug) {
  const columns = bug.columns ?? "namespace BLOB, id BLOB";
  database.exec(
    `CREATE TABLE IF NOT EXISTS threads (
      ${columns}, version TEXT, bytes BLOB, PRIMARY KEY (namespace, id)
    ) WITHOUT ROWID`,
  );
  const prepare = (sql: string) => database.prepare(sql);
  return {
    select: prepare("SELECT id, version, bytes FROM threads WHERE namespace = ? AND id = ?"),
    insert: prepare(bug.insert ?? "INSERT INTO threads VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"),
    update: prepare(
      "UPDATE threads SET version = ?, bytes = ? WHERE namespace = ? AND id = ? AND version = ?",
    ),
    remove: prepare(bug.remove ?? "DELETE FROM threads WHERE namespace = ? AND id = ? AND version = ?"),
    page: prepare(
      bug.page ?? "SELECT id, version, bytes FROM threads WHERE namespace = ? AND id > ? ORDER BY id LIMIT ?",
    ),
  };
}
