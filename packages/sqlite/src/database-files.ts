import { resolve } from "node:path";
import type { DriverErrorEffect } from "@threadstore/core/driver";
import { misconfigured, openingError } from "./errors.ts";
import { fs } from "./node-fs.ts";
import type { SqliteDatabase } from "./options.ts";

/** The files of an open database. A connection continues to use them after they were removed or replaced. */
export interface DatabaseFiles {
  /**
   * Throws `MISCONFIGURED` if the database file or its write-ahead log is no longer the one that the connection uses,
   * so that what the connection writes is lost, and what it reads is out of date.
   */
  verify(effect: DriverErrorEffect): void;
}

const NO_FILES: DatabaseFiles = { verify: () => {} };

/** Remembers which files `database` has just opened. Their descriptors are not accessible, so it looks at the paths. */
export function filesOf(database: SqliteDatabase): DatabaseFiles {
  if (database.memory) return NO_FILES;
  const file = resolve(database.name);
  const log = `${file}-wal`;
  const fileIdentity = identityOf(file);
  let logIdentity = identityOf(log);
  return {
    verify(effect) {
      if (!isSame(currentIdentity(file, effect), fileIdentity)) throw moved(file, "database file", effect);
      const identity = currentIdentity(log, effect);
      if (isSame(identity, logIdentity)) return;
      // The owner of a connection may change its journal mode. With SQLite, a log is removed only after the last
      // connection to it was closed.
      if (logIdentity === undefined || !usesLog(database)) logIdentity = identity;
      else throw moved(file, "write-ahead log (`-wal`)", effect);
    },
  };
}

interface Identity {
  readonly dev: number;
  readonly ino: number;
}

function identityOf(path: string): Identity | undefined {
  return fs.statSync(path, { throwIfNoEntry: false });
}

function currentIdentity(path: string, effect: DriverErrorEffect): Identity | undefined {
  try {
    return identityOf(path);
  } catch (error) {
    throw openingError(error, path, effect);
  }
}

function isSame(left: Identity | undefined, right: Identity | undefined): boolean {
  return left?.ino === right?.ino && left?.dev === right?.dev;
}

function usesLog(database: SqliteDatabase): boolean {
  return database.pragma("journal_mode", { simple: true }) === "wal";
}

function moved(file: string, name: string, effect: DriverErrorEffect): Error {
  return misconfigured(
    `The ${name} was removed or replaced while the store was open. Close the store, and let only one SQLite library per process use the file; then open a new store.`,
    file,
    effect,
  );
}
