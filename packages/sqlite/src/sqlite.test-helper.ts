import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  asyncDriver,
  type AsyncThreadDriver,
  DriverError,
  type DriverOptions,
  type RecordToWrite,
  type ThreadDriver,
} from "@threadstore/core/driver";
import Sqlite from "better-sqlite3";
import type { SqliteDatabase, SqliteDriverOptions } from "./options.ts";
import { sqliteDriver } from "./sqlite-store.ts";

/** Options of a driver call that is never aborted. */
export const options: DriverOptions = { signal: new AbortController().signal };

/** Creates a driver whose methods return promises, so that tests need not distinguish thrown errors from rejections. */
export function openDriver(driverOptions: SqliteDriverOptions): AsyncThreadDriver {
  return asyncDriver(sqliteDriver(driverOptions));
}

/** A record in the shape that core produces: a payload followed by a trailer. */
export function record(payload: Uint8Array | string, trailer: string = "}", unchanged = 0): RecordToWrite {
  const encodedTrailer = Buffer.from(trailer);
  const bytes = Buffer.concat([Buffer.from(payload), encodedTrailer]);
  const nonce = randomBytes(16).toString("base64url");
  return {
    bytes,
    unchanged,
    trailerLength: encodedTrailer.length,
    nonce,
    expiresAt: undefined,
    updatedAt: 0,
    changedMetadata: {},
  };
}

/** The text encodings that a database can have. */
export const ENCODINGS: readonly string[] = ["UTF-8", "UTF-16le", "UTF-16be"];

export function databaseWithEncoding(encoding: string): SqliteDatabase {
  const database = new Sqlite(":memory:");
  database.pragma(`encoding = '${encoding}'`);
  return database;
}

export async function textOf(driver: ThreadDriver, id: string, namespace = ""): Promise<string | undefined> {
  const storedRecord = await driver.read({ namespace, id }, undefined, options);
  return storedRecord?.bytes === undefined ? undefined : Buffer.from(storedRecord.bytes).toString();
}

/** Returns the `DriverError` that a call rejects with. Fails if the call resolves or rejects with anything else. */
export async function driverErrorFrom(call: Promise<unknown>): Promise<DriverError> {
  const error: unknown = await call.then(
    () => new Error("The call succeeded."),
    (reason: unknown) => reason,
  );
  if (!DriverError.is(error)) throw error;
  return error;
}

/** A folder that `using` removes. */
export function temporaryFolder(): { readonly path: string; file(name?: string): string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), "threadstore-sqlite-"));
  return {
    path,
    file: (name = "threads.db") => join(path, name),
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  };
}
