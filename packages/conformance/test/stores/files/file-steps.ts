import { randomUUID } from "node:crypto";
import { mkdir, open, readdir, readFile, rename, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { DriverError, type DriverErrorEffect } from "@threadstore/core/driver";

/** The steps of the file store that a crash can interrupt. Broken stores replace some of them. */
export interface FileSteps {
  /** Runs before the first write. Creates the root folder and deletes the files that killed processes left. */
  readonly prepare: (root: string) => Promise<void>;
  readonly makeFolder: (folder: string) => Promise<void>;
  /** Reads a record's file. Resolves with `undefined` if it does not exist. */
  readonly read: (file: string) => Promise<Buffer | undefined>;
  /** Creates or replaces a record's file. */
  readonly put: (file: string, content: Buffer) => Promise<void>;
  readonly remove: (file: string) => Promise<void>;
  /** Returns whether a file of that name holds a record. */
  readonly isRecord: (name: string) => boolean;
  readonly newVersion: () => string;
  /** Runs the version check and the write under a lock. */
  readonly lock: <T>(file: string, work: () => Promise<T>) => Promise<T>;
  /** Runs when the store begins to close, before it waits for pending calls. */
  readonly beginClose: () => void;
}

const TEMPORARY_PREFIX = ".tmp-";

/** Prefix of the temporary files of this process. */
const OWN_TEMPORARY_PREFIX = `${TEMPORARY_PREFIX}${process.pid}-`;

export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && "code" in error && codes.includes(String(error.code));
}

function diskError(cause: unknown, effect: DriverErrorEffect): DriverError {
  return new DriverError("BACKEND_ERROR", "The disk failed. Check it.", { effect, cause });
}

/** Runs the operation and throws the `DriverError` for a failure that the store recognizes. */
export async function withDriverErrors<T>(operation: () => Promise<T>): Promise<T> {
  try {
    return await operation();
  } catch (error) {
    if (hasCode(error, "EIO")) throw diskError(error, "unknown");
    throw error;
  }
}

/** The error for a lock that a process has left. Not retryable, so that the cases need not wait for retries. */
export function lockedError(cause?: unknown): DriverError {
  return new DriverError("BACKEND_ERROR", "Another process holds the lock. Delete it.", { cause });
}

/** Resolves with `undefined` instead of rejecting with `ENOENT`. */
export async function unlessMissing<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (hasCode(error, "ENOENT")) return undefined;
    throw error;
  }
}

export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes a change in the folder and syncs it, even after an `EIO` error, because the change may have taken effect. */
async function changeDurably(folder: string, change: () => Promise<void>): Promise<void> {
  try {
    await change();
  } catch (error) {
    if (hasCode(error, "EIO")) await syncCommit(folder);
    throw error;
  }
  await syncCommit(folder);
}

async function syncCommit(folder: string): Promise<void> {
  try {
    await syncFolder(folder);
  } catch (error) {
    throw hasCode(error, "EIO") ? diskError(error, "not-durable") : error;
  }
}

/** Writes a temporary file in the same folder as `file`. Resolves with its path. */
export async function writeTemporary(file: string, content: Buffer, isSynced: boolean): Promise<string> {
  const path = join(dirname(file), `${OWN_TEMPORARY_PREFIX}${randomUUID()}`);
  const handle = await open(path, "wx");
  try {
    await handle.writeFile(content);
    if (isSynced) await handle.sync();
  } finally {
    await handle.close();
  }
  return path;
}

/** The last operation queued for each file, shared by all stores in the process. */
const lastOperations = new Map<string, Promise<unknown>>();

/** Returns correct steps for a single writing process at a time, which is all that the crash cases need. */
export function goodSteps(): FileSteps {
  return {
    async prepare(root) {
      await makeFolderDurably(root);
      const entries = await readdir(root, { recursive: true, withFileTypes: true });
      for (const { name, parentPath } of entries) {
        // A temporary file of this process may still be in use.
        const isLeftover = name.startsWith(TEMPORARY_PREFIX) && !name.startsWith(OWN_TEMPORARY_PREFIX);
        if (isLeftover) await unlessMissing(unlink(join(parentPath, name)));
      }
    },
    makeFolder: makeFolderDurably,
    read: (file) => unlessMissing(readFile(file)),
    async put(file, content) {
      const temporaryFile = await writeTemporary(file, content, true);
      await changeDurably(dirname(file), () => rename(temporaryFile, file));
    },
    remove: (file) => changeDurably(dirname(file), () => unlink(file)),
    isRecord: (name) => !basename(name).startsWith(TEMPORARY_PREFIX),
    newVersion: randomUUID,
    lock(file, work) {
      const operation = (lastOperations.get(file) ?? Promise.resolve()).then(work, work);
      lastOperations.set(file, operation);
      return operation;
    },
    beginClose: () => undefined,
  };
}

/** Syncs the entry of an existing folder too: the process that created it may have been killed before syncing it. */
async function makeFolderDurably(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await syncFolder(dirname(folder));
}
