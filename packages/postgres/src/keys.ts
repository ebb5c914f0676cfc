import type { ThreadKey } from "@threadstore/core/driver";

/** Where a store keeps its tables. */
export interface TableNames {
  /**
   * The PostgreSQL schema of the tables, which must exist.
   * @default the first schema of the connection's `search_path`
   */
  readonly schema?: string | undefined;
  /**
   * The beginning of the tables' names. Stores with different prefixes share nothing.
   * @default "threadstore_"
   */
  readonly tablePrefix?: string | undefined;
}

/** The store's tables, as they appear in statements. */
export interface Tables {
  /** One row for each migration that was applied. */
  readonly migrations: string;
  /** One row for each thread. */
  readonly threads: string;
  /** The content of the threads, in rows of `CHUNK_BYTES`. */
  readonly chunks: string;
  /** One row for each member of a thread's metadata: a hash and the thread. */
  readonly metadata: string;
}

const DEFAULT_TABLE_PREFIX = "threadstore_";

/** PostgreSQL silently truncates longer names, and two stores could end up sharing a table. */
const NAME_MAX_BYTES = 63;
const PREFIX_MAX_BYTES = NAME_MAX_BYTES - "migrations".length;

/** Without quotes and dollar signs, which would end the literals that contain a name. */
const NAME = /^[\p{L}_][\p{L}\p{M}\p{N}_-]*$/u;

/** Returns the quoted names of the tables. Throws a `TypeError` if a name is invalid. */
export function tablesOf({ schema, tablePrefix = DEFAULT_TABLE_PREFIX }: TableNames): Tables {
  checkName("tablePrefix", tablePrefix, PREFIX_MAX_BYTES);
  if (schema !== undefined) checkName("schema", schema, NAME_MAX_BYTES);
  const quoted = (name: string): string =>
    `${schema === undefined ? "" : `"${schema}".`}"${tablePrefix}${name}"`;
  return {
    migrations: quoted("migrations"),
    threads: quoted("threads"),
    chunks: quoted("chunks"),
    metadata: quoted("metadata"),
  };
}

function checkName(option: keyof TableNames, name: unknown, maxBytes: number): void {
  if (typeof name === "string" && NAME.test(name) && Buffer.byteLength(name) <= maxBytes) return;
  throw new TypeError(
    `\`${option}\` must consist of letters, digits, underscores and hyphens, start with a letter or an underscore, and have at most ${maxBytes} bytes.`,
  );
}

/** Encodes a namespace or id as a `bytea` value. A text column cannot hold U+0000, and its order depends on collations. */
export function encodeText(text: string): Buffer {
  return Buffer.from(text);
}

/** Returns the key of a thread: `$1` and `$2` of each statement on a record. */
export function encodeKey({ namespace, id }: ThreadKey): [namespace: Buffer, id: Buffer] {
  return [encodeText(namespace), encodeText(id)];
}

/** Encodes numbers as an array value, which every client passes on unchanged. */
export function encodeArray(numbers: readonly number[]): string {
  return `{${numbers.join(",")}}`;
}
