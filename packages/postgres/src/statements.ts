import { guardColumns, tablesMatch } from "./database.ts";
import type { Tables } from "./keys.ts";
import type { ResolvedOptions } from "./options.ts";
import { CHUNK_BYTES } from "./schema.ts";

/** The statements for single records. Each is one transaction. `$1` and `$2` are the namespace and the id. */
export interface RecordStatements {
  /**
   * `$3`: the version whose bytes are not needed. Selects `version`, and the record in rows, in any order, of which each
   * has the number `part`, its `length` in bytes, and `text` or `bytes`. Fails with an error for which `isNotText` holds
   * if the record is damaged.
   */
  readonly read: string;
  /** As `read`, but never selects `text`, so it reads every record. */
  readonly readBytes: string;
  /**
   * `$3`: the version, `$4`: the length of the content, `$5`: the trailer, `$6`: the expiry in seconds, `$7`: the first
   * chunk to store, `$8`: the number of chunks, `$9`: the content from the first chunk on, `$10`: the time of the save in
   * milliseconds since the epoch, `$11`: the hashes of the metadata, or `NULL` if it is unchanged. Selects `changed`.
   */
  readonly create: string;
  /** As for `create`, and `$12`: the expected version. */
  readonly replace: string;
  /** Selects `version` and `bytes`: the trailer and the last two chunks, because the last may be short. */
  readonly readTail: string;
  /** As for `replace`, but the content starts at byte `$13` of the first chunk, whose beginning stays. */
  readonly patch: string;
  /** `$3`: the expected version. Selects `changed`. */
  readonly delete: string;
}

/**
 * Returns the statements.
 *
 * The compare-and-set is the condition on `version` in the first change, of the row in the threads table. Of several
 * statements that race, all but the first wait for its row lock. Then PostgreSQL evaluates their condition again, on
 * the committed row, and they change nothing. Chunks are changed only if that row was, whose lock the statement then
 * holds, and its snapshot has the chunks of the expected version: a version is never used twice, and every statement
 * that changes chunks changes the version, too.
 */
export function recordStatements(
  tables: Tables,
  synchronousCommit: ResolvedOptions["synchronousCommit"],
): RecordStatements {
  const { threads, chunks } = tables;
  const metadata = metadataSteps(tables);
  const guards = guardColumns(tables);
  const matches = tablesMatch(tables);
  const returning = `RETURNING thread${synchronousCommit === "on" ? `, ${RAISE_SYNCHRONOUS_COMMIT}` : ""}`;
  const countChanged = `SELECT ${guards}, (SELECT count(*) FROM changed)::text AS changed`;
  const storeChunks = (chunk: string): string => `
INSERT INTO ${chunks} (thread, sequence, bytes)
SELECT thread, n, ${chunk}
FROM changed, generate_series($7::int, $8::int - 1) AS n`;
  const replace = (chunk: string): string => `
WITH changed AS (
UPDATE ${threads} SET version = $3, size = $4::bigint, trailer = $5, expires_at = to_timestamp($6::float8),
updated_at = $10::bigint WHERE ${THIS_ROW} AND version = $12 AND ${matches} ${returning}
), outdated AS (${metadata.deleteOutdated}
), described AS (${metadata.insert} ON CONFLICT (hash, thread) DO NOTHING
), removed AS (
DELETE FROM ${chunks} AS c USING changed WHERE c.thread = changed.thread AND sequence >= $8::int
), stored AS (${storeChunks(chunk)}
ON CONFLICT (thread, sequence) DO UPDATE SET bytes = excluded.bytes)
${countChanged}`;
  return {
    read: readStatement(tables, ARRIVES_UNCHANGED),
    readBytes: readStatement(tables, "false"),
    create: `
WITH changed AS (
INSERT INTO ${threads} (namespace, id, version, size, trailer, expires_at, updated_at)
SELECT $1::bytea, $2::bytea, $3, $4::bigint, $5::bytea, to_timestamp($6::float8), $10::bigint WHERE ${matches}
ON CONFLICT (namespace, id) DO NOTHING ${returning}
), described AS (${metadata.insert}), stored AS (${storeChunks(WHOLE_CHUNK)})
${countChanged}`,
    replace: replace(WHOLE_CHUNK),
    readTail: readTailStatement(tables),
    patch: replace(patchedChunk(tables)),
    delete: `
WITH changed AS (
DELETE FROM ${threads} WHERE ${THIS_ROW} AND version = $3 AND ${matches} ${returning}
), removed AS (
DELETE FROM ${chunks} AS c USING changed WHERE c.thread = changed.thread
), forgotten AS (${metadata.deleteAll})
${countChanged}`,
  };
}

/**
 * The number of chunks in a row of a result: 64 KB. PostgreSQL copies a value several times, and allocates memory from
 * the operating system for each copy of a longer one: a record of 2 MB takes three to six times as long in one row.
 */
const CHUNKS_PER_PART = 32;

/**
 * Returns the statement that reads a record. A part is text if the condition holds and no character continues in another
 * part, and otherwise in Base64, which takes a quarter more CPU time in a load of 2 MB.
 */
function readStatement(tables: Tables, arrivesUnchanged: string): string {
  const { threads, chunks } = tables;
  const ofThread = `FROM ${chunks} AS c WHERE c.thread = t.thread`;
  const first = `part * ${CHUNKS_PER_PART}`;
  return `
SELECT ${guardColumns(tables)}, version, part::text AS part, length(part_bytes)::text AS length,
CASE WHEN is_text THEN convert_from(part_bytes, 'UTF8') END AS text,
CASE WHEN NOT is_text THEN encode(part_bytes, 'base64') END AS bytes
FROM (SELECT) AS one LEFT JOIN ${threads} AS t ON ${THIS_ROW}
LEFT JOIN LATERAL (SELECT max(sequence) / ${CHUNKS_PER_PART} AS last ${ofThread}
AND version IS DISTINCT FROM $3) AS end_of_content ON true
LEFT JOIN LATERAL generate_series(0, last) AS part ON true
LEFT JOIN LATERAL (SELECT string_agg(bytes, ''::bytea ORDER BY sequence) AS content ${ofThread}
AND sequence BETWEEN ${first} AND ${first} + ${CHUNKS_PER_PART - 1}) AS contents ON true
LEFT JOIN LATERAL (SELECT
coalesce(content, '') || CASE WHEN part IS DISTINCT FROM last THEN '' ELSE trailer END AS part_bytes,
${arrivesUnchanged} AND NOT ${continues("content")} AND NOT coalesce((SELECT ${continues("bytes")} ${ofThread}
AND sequence = ${first} + ${CHUNKS_PER_PART}), false) AS is_text
WHERE version IS DISTINCT FROM $3) AS parts ON true`;
}

/** Whether the first byte of a value continues a character. */
function continues(bytes: string): string {
  return `coalesce(${bytes} >= decode('80', 'hex') AND ${bytes} < decode('C0', 'hex'), false)`;
}

/** Whether neither the server nor the connection converts text in UTF-8. pg reads every text as UTF-8. */
const ARRIVES_UNCHANGED =
  "(current_setting('server_encoding') = 'UTF8' AND current_setting('client_encoding') = 'UTF8')";

function readTailStatement(tables: Tables): string {
  const { threads, chunks } = tables;
  return `
SELECT ${guardColumns(tables)}, version, encode(coalesce((SELECT string_agg(bytes, ''::bytea ORDER BY sequence) FROM (
SELECT bytes, sequence FROM ${chunks} AS c WHERE c.thread = t.thread ORDER BY sequence DESC LIMIT 2
) AS last), '') || trailer, 'base64') AS bytes
FROM (SELECT) AS one LEFT JOIN ${threads} AS t ON ${THIS_ROW}`;
}

/** Returns the changes of the index of metadata of the thread that was changed. If `$11` is `NULL`, they do nothing. */
function metadataSteps({ metadata }: Tables): Record<"insert" | "deleteOutdated" | "deleteAll", string> {
  const deleteAll = `
DELETE FROM ${metadata} AS m USING changed WHERE m.thread = changed.thread`;
  return {
    insert: `
INSERT INTO ${metadata} (hash, thread) SELECT hash, thread FROM changed, unnest($11::bigint[]) AS hash`,
    deleteOutdated: `${deleteAll} AND m.hash <> ALL ($11::bigint[])`,
    deleteAll,
  };
}

/** Chunk `n`, if the content in `$9` starts with chunk `$7`. */
const WHOLE_CHUNK = `substring($9::bytea FROM (n - $7::int) * ${CHUNK_BYTES} + 1 FOR ${CHUNK_BYTES})`;

/** Chunk `n`, if the content in `$9` starts at byte `$13` of chunk `$7`. */
function patchedChunk({ chunks }: Tables): string {
  return `CASE WHEN n = $7::int THEN coalesce((
SELECT substring(bytes FROM 1 FOR $13::int) FROM ${chunks} AS c WHERE c.thread = changed.thread AND sequence = n
), '') || substring($9::bytea FROM 1 FOR ${CHUNK_BYTES} - $13::int)
ELSE substring($9::bytea FROM (n - $7::int) * ${CHUNK_BYTES} - $13::int + 1 FOR ${CHUNK_BYTES}) END`;
}

const THIS_ROW = "namespace = $1 AND id = $2";

/** Makes the statement's own commit wait for the disk. Other values than `off` already do. */
const RAISE_SYNCHRONOUS_COMMIT =
  "CASE current_setting('synchronous_commit') WHEN 'off' THEN set_config('synchronous_commit', 'on', true) END";
