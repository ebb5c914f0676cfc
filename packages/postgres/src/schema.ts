import { type TableNames, type Tables, tablesOf } from "./keys.ts";

/** The version of the tables that this release reads and writes. */
export const SCHEMA_VERSION = 1;

/**
 * Bytes of content in a row of the chunks table. Four rows fill a page of 8192 bytes, and none is large enough to be
 * compressed or moved to a TOAST table. Changing it requires a migration.
 *
 * A thread that grew to 320 KB in 200 saves wrote 3.1 KB per save to the WAL with chunks of 1.9 KB, and between 3.4 and
 * 6.5 KB with chunks of 7.9 KB, depending on their compression. It loaded in the same time.
 */
export const CHUNK_BYTES = 1992;

/** A step that takes the store's tables to the next version. */
export interface Migration {
  /** The version of the tables after the migration. */
  readonly version: number;
  /** Statements, separated by semicolons, that must run in one transaction. */
  readonly sql: string;
}

/**
 * Returns the migrations that create the store's tables, in order, for migration tools and for roles that may not
 * create tables. Existing migrations never change; later releases add some. Throws a `TypeError` if a name is invalid.
 */
export function postgresMigrations(names: TableNames = {}): readonly Migration[] {
  return migrationsOf(tablesOf(names));
}

// Without a foreign key, which would cost a check for each chunk: a single statement changes all tables.
function migrationsOf({ migrations, threads, chunks, metadata }: Tables): readonly Migration[] {
  return [
    {
      version: 1,
      sql: `CREATE TABLE ${migrations} (
  version integer PRIMARY KEY,
  applied_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE ${threads} (
  thread bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  namespace bytea NOT NULL,
  id bytea NOT NULL,
  version text NOT NULL,
  size bigint NOT NULL,
  updated_at bigint NOT NULL,
  trailer bytea NOT NULL,
  expires_at timestamptz,
  UNIQUE (namespace, id)
);
CREATE TABLE ${chunks} (
  thread bigint NOT NULL,
  sequence integer NOT NULL,
  bytes bytea NOT NULL,
  PRIMARY KEY (thread, sequence)
);
CREATE INDEX ON ${threads} (namespace, updated_at DESC, id);
CREATE TABLE ${metadata} (
  hash bigint NOT NULL,
  thread bigint NOT NULL,
  PRIMARY KEY (hash, thread)
);
CREATE INDEX ON ${metadata} (thread);
INSERT INTO ${migrations} (version) VALUES (1);
`,
    },
  ];
}

/** Any number that other applications are unlikely to use for a lock. */
const LOCK = 7_214_873_310;

/**
 * Returns the statement that creates the tables unless they exist. The lock, which ends with the statement, serializes
 * processes that start at the same time: with `IF NOT EXISTS` alone, some of them would fail.
 */
export function creationOf(tables: Tables): string {
  const statements = migrationsOf(tables).map(({ sql }) => sql);
  return `DO $threadstore$
BEGIN
PERFORM pg_advisory_xact_lock(${LOCK});
IF to_regclass('${tables.migrations}') IS NULL THEN
${statements.join("")}END IF;
END
$threadstore$`;
}
