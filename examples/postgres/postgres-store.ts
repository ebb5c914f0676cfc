// A store that this project does not ship, as a third party would write it: threads in a table of PostgreSQL, with the
// package pg. docs/writing-an-adapter.md goes through it step by step.
import { createThreadStore, type StoreOptions, type ThreadDriver, type ThreadStore } from "@threadstore/core";
import { connect, type ConnectionOptions } from "./connection.ts";
import { explain } from "./explain.ts";
import { statementsFor } from "./statements.ts";

export type PostgresDriverOptions = ConnectionOptions & {
  /**
   * The table, which is created when it is first used, in the first schema of the `search_path`.
   * @default "threadstore_threads"
   */
  readonly table?: string | undefined;
};

export type PostgresStoreOptions = PostgresDriverOptions & StoreOptions;

/** Keeps threads in PostgreSQL. Connects on the first call; throws `TypeError` for wrong options. */
export function postgresStore(options: PostgresStoreOptions): ThreadStore {
  return createThreadStore(postgresDriver(options), options);
}

interface Row {
  readonly id: Buffer;
  readonly version: string;
  readonly bytes: Buffer | null;
  readonly trailer: Buffer;
}

/** The driver under `postgresStore`. Throws `TypeError` for wrong options. */
export function postgresDriver(options: PostgresDriverOptions): ThreadDriver {
  const { create, replace, remove, read, list, schema } = statementsFor(
    options.table ?? "threadstore_threads",
  );
  const { ask, close } = connect<Row>(options, schema);
  return {
    contract: 1,
    name: "postgres",

    async read({ namespace, id }, known, { signal }) {
      const { rows } = await ask(read, [Buffer.from(namespace), Buffer.from(id), known], signal);
      return rows[0] && { version: rows[0].version, bytes: rows[0].bytes ?? undefined };
    },

    async write({ namespace, id }, { bytes, trailerLength, nonce, expiresAt }, expected, { signal }) {
      const body = bytes.subarray(0, bytes.length - trailerLength);
      const trailer = bytes.subarray(bytes.length - trailerLength);
      const values = [Buffer.from(namespace), Buffer.from(id), nonce, body, trailer, expiresAt];
      const { rowCount } =
        expected === undefined
          ? await ask(create, values, signal)
          : await ask(replace, [...values, expected], signal);
      return rowCount === 1 ? nonce : undefined;
    },

    async delete({ namespace, id }, expected, { signal }) {
      const { rowCount } = await ask(remove, [Buffer.from(namespace), Buffer.from(id), expected], signal);
      return rowCount === 1;
    },

    async list(namespace, { after = "", limit }, { signal }) {
      // One more than asked for tells whether anything follows.
      const values = [Buffer.from(namespace), Buffer.from(after), limit + 1];
      const { rows } = await ask(list, values, signal);
      const records = rows.slice(0, limit).map(({ id, version, trailer }) => {
        return { id: id.toString(), version, tail: trailer };
      });
      return { records, next: rows.length > limit ? records.at(-1)?.id : undefined };
    },

    explain,
    close,
  };
}
