import { join } from "node:path";
import { sqliteStore } from "@threadstore/sqlite";
import Sqlite from "better-sqlite3";
import type { Backend } from "../clients/client.ts";
import { type DeltaClient, deltaByHand, type Patch } from "../clients/delta-by-hand.ts";
import { ours } from "../clients/thread-store.ts";
import { type WholeText, wholeRewrite } from "../clients/whole-rewrite.ts";
import { temporaryFolder } from "./temporary-folder.ts";

type Synchronous = "full" | "normal";

/** Returns the database file of a location. */
export type SqliteEndpoint = (location: string) => string;

export const sqliteFull: Backend = sqliteBackend("sqlite", "full");
export const sqliteNormal: Backend = sqliteBackend("sqlite-normal", "normal");

function sqliteBackend(name: string, synchronous: Synchronous): Backend {
  return {
    name,
    async start() {
      const { folder, remove } = temporaryFolder();
      const endpoint: SqliteEndpoint = (location) => join(folder, `${location}.db`);
      return {
        endpoint,
        subjects: [
          ...ours((location) => sqliteStore({ path: endpoint(location), synchronous })),
          {
            name: "raw, whole",
            role: "raw",
            open: async (location) => wholeRewrite(wholeRows(open(endpoint(location), synchronous))),
          },
          {
            name: "delta by hand",
            role: "delta",
            open: async (location) => deltaByHand(chunks(open(endpoint(location), synchronous))),
          },
        ],
        stop: async () => remove(),
      };
    },
  };
}

function open(path: string, synchronous: Synchronous): Sqlite.Database {
  const database = new Sqlite(path);
  database.pragma("journal_mode = WAL");
  database.pragma(`synchronous = ${synchronous}`);
  return database;
}

function wholeRows(database: Sqlite.Database): WholeText {
  database.exec(
    "CREATE TABLE IF NOT EXISTS threads (id TEXT PRIMARY KEY, version INTEGER NOT NULL, json TEXT NOT NULL)",
  );
  const put = database.prepare(
    "INSERT INTO threads VALUES (?, 1, ?) ON CONFLICT (id) DO UPDATE SET version = version + 1, json = excluded.json",
  );
  const putAt = database.prepare(
    "UPDATE threads SET version = version + 1, json = ? WHERE id = ? AND version = ?",
  );
  const get = database.prepare<[string], { version: number; json: string }>(
    "SELECT version, json FROM threads WHERE id = ?",
  );
  const versionOf = database.prepare<[string], { version: number }>(
    "SELECT version FROM threads WHERE id = ?",
  );
  const page = database.prepare<[string, number], { id: string; version: number }>(
    "SELECT id, version FROM threads WHERE id > ? ORDER BY id LIMIT ?",
  );
  const seen = new Map<string, number>();
  return {
    write: async (id, text) => void put.run(id, text),
    async read(id) {
      const found = get.get(id);
      if (found !== undefined) seen.set(id, found.version);
      return found?.json;
    },
    async writeIfUnchanged(id, text) {
      const version = seen.get(id);
      if (version === undefined) put.run(id, text);
      else if (putAt.run(text, id, version).changes !== 1) throw new Error("Another client wrote first.");
      seen.set(id, (version ?? 0) + 1);
    },
    async readIfChanged(id) {
      return versionOf.get(id)?.version === seen.get(id) ? undefined : get.get(id)?.json;
    },
    async listPage(limit, cursor = "") {
      const rows = page.all(cursor, limit);
      return { count: rows.length, cursor: rows.length < limit ? undefined : rows.at(-1)?.id };
    },
    close: async () => void database.close(),
  };
}

const CHUNK_SIZE = 8140;

function chunks(database: Sqlite.Database): DeltaClient {
  createChunks(database);
  const patch = preparePatch(database);
  const find = database.prepare<[string], { thread: number; trailer: Buffer }>(
    "SELECT thread, trailer FROM threads WHERE id = ?",
  );
  const all = database.prepare<[number], { bytes: Buffer }>(
    "SELECT bytes FROM chunks WHERE thread = ? ORDER BY sequence",
  );
  return {
    async patch(id, given) {
      patch(id, given);
      return undefined;
    },
    async read(id) {
      const found = find.get(id);
      if (found === undefined) throw new Error("The thread does not exist.");
      return Buffer.concat([...all.all(found.thread).map(({ bytes }) => bytes), found.trailer]);
    },
    close: async () => void database.close(),
  };
}

function createChunks(database: Sqlite.Database): void {
  database.exec(`
    CREATE TABLE IF NOT EXISTS threads (
      thread INTEGER PRIMARY KEY, id TEXT UNIQUE, version TEXT NOT NULL, trailer BLOB NOT NULL);
    CREATE TABLE IF NOT EXISTS chunks (
      thread INTEGER NOT NULL, sequence INTEGER NOT NULL, bytes BLOB NOT NULL, UNIQUE (thread, sequence));`);
}

function preparePatch(database: Sqlite.Database): (id: string, patch: Patch) => void {
  const create = database.prepare<unknown[], { thread: number }>(
    "INSERT INTO threads (id, version, trailer) VALUES (?, ?, ?) RETURNING thread",
  );
  const change = database.prepare<unknown[], { thread: number }>(
    "UPDATE threads SET version = ?, trailer = ? WHERE id = ? AND version = ? RETURNING thread",
  );
  const putChunk = database.prepare(
    "INSERT INTO chunks VALUES (?, ?, ?) ON CONFLICT (thread, sequence) DO UPDATE SET bytes = excluded.bytes",
  );
  /** The last chunk of each thread, which the next patch extends. */
  const last = new Map<string, Buffer>();
  const patch = database.transaction((id: string, { from, bytes, trailerLength, ...at }: Patch) => {
    const content: Buffer = Buffer.concat([
      last.get(id) ?? Buffer.alloc(0),
      bytes.subarray(0, -trailerLength),
    ]);
    const trailer = bytes.subarray(-trailerLength);
    const row =
      at.expected === undefined
        ? create.get(id, at.version, trailer)
        : change.get(at.version, trailer, id, at.expected);
    if (row === undefined) throw new Error("Another client wrote first.");
    let sequence = Math.floor(from / CHUNK_SIZE);
    let start = 0;
    for (; start < content.length; start += CHUNK_SIZE, sequence += 1) {
      putChunk.run(row.thread, sequence, content.subarray(start, start + CHUNK_SIZE));
    }
    last.set(id, content.subarray(content.length - (content.length % CHUNK_SIZE)));
  });
  return (id, given) => patch.immediate(id, given);
}
