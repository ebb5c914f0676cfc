import { postgresStore } from "@threadstore/postgres";
import { startPostgres } from "@threadstore/services";
import { Pool } from "pg";
import type { Backend } from "../clients/client.ts";
import { type DeltaClient, deltaByHand } from "../clients/delta-by-hand.ts";
import { ours } from "../clients/thread-store.ts";
import { type WholeText, wholeRewrite } from "../clients/whole-rewrite.ts";

/** The server's URL. */
export type PostgresUrl = string;

export const postgres: Backend = {
  name: "postgres",
  async start() {
    const service = await startPostgres();
    const { url } = service.endpoint;
    return {
      endpoint: url satisfies PostgresUrl,
      subjects: [
        ...ours((location) =>
          postgresStore({ url, tablePrefix: `bench_${location.replaceAll(/\W/gu, "_")}_` }),
        ),
        {
          name: "raw, whole",
          role: "raw",
          open: async (location) =>
            wholeRewrite(await wholeRows(new Pool({ connectionString: url }), location)),
        },
        {
          name: "delta by hand",
          role: "delta",
          open: async (location) => deltaByHand(await chunks(new Pool({ connectionString: url }), location)),
        },
      ],
      stop: () => service.stop(),
    };
  },
};

/** One row for each thread, with its JSON as text. */
async function wholeRows(pool: Pool, location: string): Promise<WholeText> {
  const table = `"${location}_whole"`;
  await pool.query(`CREATE TABLE IF NOT EXISTS ${table} (
    id text COLLATE "C" PRIMARY KEY, version bigint NOT NULL, json text NOT NULL)`);
  const upsert = `INSERT INTO ${table} AS t VALUES ($1, 1, $2)
    ON CONFLICT (id) DO UPDATE SET version = t.version + 1, json = excluded.json`;
  const versions = new Map<string, number>();
  return {
    async write(id, text) {
      const { rows } = await pool.query<{ version: string }>(`${upsert} RETURNING version`, [id, text]);
      versions.set(id, Number(rows[0]?.version));
    },
    async writeIfUnchanged(id, text) {
      const version = versions.get(id) ?? 0;
      const { rowCount } = await pool.query(`${upsert} WHERE t.version = $3`, [id, text, version]);
      if (rowCount !== 1) throw new Error("Another client wrote first.");
      versions.set(id, version + 1);
    },
    async read(id) {
      const { rows } = await pool.query<{ version: string; json: string }>(
        `SELECT version, json FROM ${table} WHERE id = $1`,
        [id],
      );
      if (rows[0] !== undefined) versions.set(id, Number(rows[0].version));
      return rows[0]?.json;
    },
    async readIfChanged(id) {
      const { rows } = await pool.query<{ json: string }>(
        `SELECT json FROM ${table} WHERE id = $1 AND version <> $2`,
        [id, versions.get(id) ?? 0],
      );
      return rows[0]?.json;
    },
    async listPage(limit, cursor = "") {
      const { rows } = await pool.query<{ id: string }>(
        `SELECT id, version FROM ${table} WHERE id > $1 ORDER BY id LIMIT $2`,
        [cursor, limit],
      );
      return { count: rows.length, cursor: rows.length < limit ? undefined : rows.at(-1)?.id };
    },
    close: () => pool.end(),
  };
}

/** One row for each thread, and its content in rows of which each holds what one save added. */
async function chunks(pool: Pool, location: string): Promise<DeltaClient> {
  const [threads, parts] = [`"${location}_threads"`, `"${location}_parts"`];
  await pool.query(`
    CREATE TABLE IF NOT EXISTS ${threads} (id text PRIMARY KEY, version text NOT NULL);
    CREATE TABLE IF NOT EXISTS ${parts} (id text, start bigint, bytes bytea NOT NULL, PRIMARY KEY (id, start))`);
  const change = `
    WITH changed AS (
      INSERT INTO ${threads} AS t VALUES ($1, $2)
      ON CONFLICT (id) DO UPDATE SET version = excluded.version WHERE t.version = $3 RETURNING id
    ), kept AS (
      DELETE FROM ${parts} USING changed WHERE ${parts}.id = changed.id AND start > $4::bigint
    ) INSERT INTO ${parts} SELECT id, $4::bigint, $5 FROM changed
      ON CONFLICT (id, start) DO UPDATE SET bytes = excluded.bytes`;
  return {
    async patch(id, { from, bytes, expected, version }) {
      const { rowCount } = await pool.query(change, [id, version, expected ?? "", from, bytes]);
      if (rowCount !== 1) throw new Error("Another client wrote first.");
      return undefined;
    },
    async read(id) {
      const { rows } = await pool.query<{ start: string; bytes: Buffer }>(
        `SELECT start, bytes FROM ${parts} WHERE id = $1 ORDER BY start`,
        [id],
      );
      if (rows.length === 0) throw new Error("The thread does not exist.");
      // Each part begins where the content of the one before ends, and overwrites its trailer.
      const next = rows.slice(1).map(({ start }) => Number(start));
      return Buffer.concat(
        rows.map(({ start, bytes }, index) => bytes.subarray(0, (next[index] ?? Infinity) - Number(start))),
      );
    },
    close: () => pool.end(),
  };
}
