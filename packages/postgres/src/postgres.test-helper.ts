import { randomBytes } from "node:crypto";
import type { ThreadStore } from "@threadstore/core";
import {
  DriverError,
  type DriverOptions,
  type RecordToWrite,
  type AsyncThreadDriver,
} from "@threadstore/core/driver";
import { Client, Pool } from "pg";
import { expect } from "vitest";
import { tablesOf } from "./keys.ts";
import { CHUNK_BYTES } from "./schema.ts";

/** Runs a statement that bypasses the store. */
export type Direct = (statement: string, parameters?: unknown[]) => Promise<Record<string, unknown>[]>;

/** Returns a function that runs statements on separate connections, and one that ends them. */
export function directConnection(connectionString: string): { direct: Direct; end: () => Promise<void> } {
  const pool = new Pool({ connectionString, max: 4, allowExitOnIdle: true });
  pool.on("error", () => undefined);
  return {
    direct: async (statement, parameters = []) =>
      (await pool.query<Record<string, unknown>>(statement, parameters)).rows,
    end: () => pool.end(),
  };
}

/** Options of a driver call that is never aborted. */
export const callOptions: DriverOptions = { signal: new AbortController().signal };

export const key = { namespace: "", id: "thread" };

/** Returns a table prefix that no other test uses. */
export function freshPrefix(): string {
  return `test_${randomBytes(6).toString("hex")}_`;
}

/** Returns a record as core makes it: the payload followed by a trailer, here one brace. */
export function record(
  payload: Uint8Array | string,
  { unchanged = 0, expiresAt }: { unchanged?: number; expiresAt?: number | undefined } = {},
): RecordToWrite {
  const bytes = Buffer.concat([Buffer.from(payload), Buffer.from("}")]);
  const nonce = randomBytes(16).toString("base64url");
  return { bytes, unchanged, trailerLength: 1, nonce, expiresAt, updatedAt: 0, changedMetadata: {} };
}

export async function textAt(
  driver: AsyncThreadDriver,
  id: string = key.id,
  namespace = "",
): Promise<string | undefined> {
  const storedRecord = await driver.read({ namespace, id }, undefined, callOptions);
  return storedRecord?.bytes === undefined ? undefined : Buffer.from(storedRecord.bytes).toString();
}

/** Resolves with the error of a driver call that must fail. */
export async function failureOf(call: Promise<unknown>): Promise<DriverError> {
  const error = await call.then(
    () => new Error("The call succeeded."),
    (reason: unknown) => reason,
  );
  if (!DriverError.is(error)) throw error;
  return error;
}

export async function dropTables(direct: Direct, tablePrefix: string): Promise<void> {
  await direct(`DROP TABLE IF EXISTS ${Object.values(tablesOf({ tablePrefix })).join(", ")}`);
}

/** Resolves with the stored bytes of a thread in the root namespace. */
export async function contentOf(direct: Direct, tablePrefix: string, id: string): Promise<Buffer> {
  const { threads, chunks } = tablesOf({ tablePrefix });
  const rows = await direct(
    `SELECT encode(bytes, 'hex') AS bytes FROM ${threads} AS t JOIN ${chunks} AS c ON c.thread = t.thread
     WHERE namespace = '' AND id = $1 ORDER BY sequence`,
    [Buffer.from(id)],
  );
  const [end] = await direct(
    `SELECT encode(trailer, 'hex') AS bytes FROM ${threads} WHERE namespace = '' AND id = $1`,
    [Buffer.from(id)],
  );
  if (end === undefined) throw new Error("The record does not exist.");
  return Buffer.concat([...rows, end].map(({ bytes }) => Buffer.from(String(bytes), "hex")));
}

/** Replaces the stored bytes of a thread in the root namespace. The last ones become its trailer. */
export async function putContent(
  direct: Direct,
  tablePrefix: string,
  id: string,
  bytes: Uint8Array,
): Promise<void> {
  const { threads, chunks } = tablesOf({ tablePrefix });
  const [row] = await direct(
    `SELECT thread::text, length(trailer) AS length FROM ${threads} WHERE namespace = '' AND id = $1`,
    [Buffer.from(id)],
  );
  const { thread, length } = row ?? {};
  const size = Math.max(0, bytes.length - Number(length));
  await direct(`UPDATE ${threads} SET trailer = $2 WHERE thread = $1::bigint`, [
    thread,
    Buffer.from(bytes.subarray(size)),
  ]);
  await direct(`DELETE FROM ${chunks} WHERE thread = $1::bigint`, [thread]);
  for (let sequence = 0; sequence * CHUNK_BYTES < size; sequence += 1) {
    const start = sequence * CHUNK_BYTES;
    const chunk = Buffer.from(bytes.subarray(start, Math.min(size, start + CHUNK_BYTES)));
    await direct(`INSERT INTO ${chunks} VALUES ($1::bigint, $2::int, $3)`, [thread, sequence, chunk]);
  }
}

/** Returns the connection string with some of its parts replaced. */
export function altered(
  connectionString: string,
  parts: Partial<Pick<URL, "username" | "password" | "host" | "pathname">>,
): string {
  return Object.assign(new URL(connectionString), parts).href;
}

/** Starts a transaction that locks every thread until it is ended. */
export async function lock(
  connectionString: string,
  tablePrefix: string,
): Promise<{ end: () => Promise<void> }> {
  const client = new Client({ connectionString });
  await client.connect();
  await client.query(`BEGIN; SELECT FROM ${tablesOf({ tablePrefix }).threads} FOR UPDATE`);
  return { end: () => client.end() };
}

/** Resolves with the process id of a statement that waits for such a lock, if there is one. */
export async function waitingProcess(direct: Direct, tablePrefix: string): Promise<unknown> {
  const [row] = await direct(
    "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%' || $1 || '%'",
    [tablePrefix],
  );
  return row?.["pid"];
}

/** Expects calls of every kind to succeed on a new store. */
export async function expectAllCalls(store: ThreadStore): Promise<void> {
  const first = await store.save("thread", { n: 1, text: "é".repeat(2000) });
  const second = await store.save("thread", { n: 2 }, { previous: first });
  expect((await store.load("thread", { cached: second }))?.thread).toEqual({ n: 2 });
  await expect(store.save("thread", { n: 3 }, { previous: first })).rejects.toMatchObject({
    code: "CONFLICT",
  });
  expect((await store.listPage()).threads).toMatchObject([{ id: "thread", version: second.version }]);
  expect(await store.delete("thread")).toBe(true);
  expect(await store.load("thread")).toBeUndefined();
}
