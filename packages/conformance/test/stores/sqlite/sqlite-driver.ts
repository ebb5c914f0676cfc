import type { DatabaseSync, SQLInputValue } from "node:sqlite";
import { setImmediate as yieldToEventLoop } from "node:timers/promises";
import {
  compareUtf8,
  formatRecency,
  namespacesOnPage,
  type PageRequest,
  type RecordPage,
  parseRecency,
  patchesByRewriting,
  type ThreadDriver,
} from "@threadstore/core/driver";

interface Row {
  readonly id: string | Uint8Array;
  readonly version: string;
  readonly bytes: Uint8Array;
  readonly updated_at: number;
}

/** The parts of the correct driver that a broken store replaces. */
export interface SqliteBug {
  /** Definitions of the columns `namespace` and `id`. */
  readonly columns?: string;
  /** Returns the value that is bound for an id or a namespace. */
  readonly bound?: (text: string) => SQLInputValue;
  /** Statement that creates a record. */
  readonly insert?: string;
  /** Statement that deletes a record. */
  readonly remove?: string;
  /**
   * Statement that lists a page, with the parameters namespace, start, limit and prefix. Its start is an id, or a number
   * of rows if `countsRows` is set.
   */
  readonly page?: string;
  /**
   * Statement that lists a page by recency, with the parameters namespace, time and id of the position, limit and prefix.
   */
  readonly pageByRecency?: string;
  readonly countsRows?: boolean;
  /** Returns the version of a write, given its nonce and the expected version. */
  readonly version?: (nonce: string, expected: string | undefined) => string;
  /** Whether a transaction stays open while the event loop runs. */
  readonly holdsTransactions?: boolean;
}

const text = (stored: string | Uint8Array): string =>
  typeof stored === "string" ? stored : Buffer.from(stored).toString();

/** Creates a driver that stores all records in one table. */
export function sqliteDriver(database: DatabaseSync, bug: SqliteBug = {}): ThreadDriver {
  const { bound = toBlob, version = (nonce) => nonce } = bug;
  const statements = prepareStatements(database, bug);

  const change = (
    key: readonly SQLInputValue[],
    write: readonly SQLInputValue[],
    expected?: string,
  ): boolean =>
    (expected === undefined
      ? statements.insert.run(...key, ...write)
      : statements.update.run(...write, ...key, expected)
    ).changes !== 0;

  const read: ThreadDriver["read"] = async ({ namespace, id }) => {
    const row = statements.select.get(bound(namespace), bound(id)) as unknown as Row | undefined;
    return row && { version: row.version, bytes: row.bytes };
  };
  const write: ThreadDriver["write"] = async ({ namespace, id }, record, expected) => {
    const { bytes, nonce, updatedAt } = record;
    if (bug.holdsTransactions === true) {
      database.exec("BEGIN IMMEDIATE");
      await yieldToEventLoop();
    }
    const next = version(nonce, expected);
    const isApplied = change([bound(namespace), bound(id)], [next, bytes, updatedAt], expected);
    if (bug.holdsTransactions === true) database.exec("COMMIT");
    return isApplied ? next : undefined;
  };
  return {
    contract: 2,
    name: "node:sqlite",
    read,
    write,
    ...patchesByRewriting({ read, write }),
    async delete({ namespace, id }, expected) {
      return statements.remove.run(bound(namespace), bound(id), expected).changes !== 0;
    },
    async list(namespace, page) {
      return page.order === "updated"
        ? listByRecency(statements, bound, namespace, page)
        : listById(statements, bug, namespace, page);
    },
    listNamespaces: async (request) => namespacesOnPage(namespacesIn(statements), request, compareUtf8),
    close: async () => database.close(),
  };
}

type Statements = ReturnType<typeof prepareStatements>;

function listById(
  statements: Statements,
  { bound = toBlob, countsRows = false }: SqliteBug,
  namespace: string,
  { after, limit, prefix }: PageRequest,
): RecordPage {
  const start = countsRows ? Number(after ?? 0) : bound(after ?? "");
  const rows = statements.page.all(bound(namespace), start, limit + 1, bound(prefix)) as unknown as Row[];
  const records = rows
    .slice(0, limit)
    .map(({ id, version, bytes }) => ({ id: text(id), version, tail: bytes }));
  const next = countsRows ? String(Number(start) + limit) : records.at(-1)?.id;
  return { records, next: rows.length > limit ? next : undefined };
}

function listByRecency(
  statements: Statements,
  bound: (part: string) => SQLInputValue,
  namespace: string,
  { after, limit, prefix }: PageRequest,
): RecordPage {
  const { updatedAt, id } = parseRecency(after) ?? { updatedAt: Number.MAX_SAFE_INTEGER, id: "" };
  const parameters = [bound(namespace), updatedAt, bound(id), limit + 1, bound(prefix)] as const;
  const rows = statements.pageByRecency.all(...parameters) as unknown as Row[];
  const records = rows
    .slice(0, limit)
    .map((row) => ({ ...row, id: text(row.id), tail: row.bytes, updatedAt: row.updated_at }));
  const last = rows.length > limit ? records.at(-1) : undefined;
  return { records, next: last && formatRecency(last) };
}

function toBlob(part: string): SQLInputValue {
  return Buffer.from(part);
}

function namespacesIn({ namespaces }: Statements): string[] {
  const rows = namespaces.all() as unknown as { namespace: string | Uint8Array }[];
  return rows.map(({ namespace }) => text(namespace));
}

/** Condition that the id begins with the fourth parameter. */
export const HAS_PREFIX = "substr(id, 1, length(?4)) = ?4";

function prepareStatements(database: DatabaseSync, bug: SqliteBug) {
  const columns = bug.columns ?? "namespace BLOB, id BLOB";
  database.exec(
    `CREATE TABLE IF NOT EXISTS threads (
      ${columns}, version TEXT, bytes BLOB, updated_at INTEGER, PRIMARY KEY (namespace, id)
    ) WITHOUT ROWID`,
  );
  const prepare = (sql: string) => database.prepare(sql);
  return {
    select: prepare("SELECT id, version, bytes FROM threads WHERE namespace = ? AND id = ?"),
    insert: prepare(bug.insert ?? "INSERT INTO threads VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"),
    update: prepare(
      "UPDATE threads SET version = ?, bytes = ?, updated_at = ? WHERE namespace = ? AND id = ? AND version = ?",
    ),
    remove: prepare(bug.remove ?? "DELETE FROM threads WHERE namespace = ? AND id = ? AND version = ?"),
    namespaces: prepare("SELECT DISTINCT namespace FROM threads"),
    page: prepare(
      bug.page ??
        `SELECT id, version, bytes FROM threads WHERE namespace = ?1 AND id > ?2 AND ${HAS_PREFIX} ORDER BY id LIMIT ?3`,
    ),
    pageByRecency: prepare(
      bug.pageByRecency ??
        `SELECT * FROM threads WHERE namespace = ?1 AND (updated_at < ?2 OR updated_at = ?2 AND id > ?3)
         AND substr(id, 1, length(?5)) = ?5 ORDER BY updated_at DESC, id LIMIT ?4`,
    ),
  };
}
