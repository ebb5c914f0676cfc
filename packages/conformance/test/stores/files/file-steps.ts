import { randomUUID } from "node:crypto";
import { mkdir, open, readdir, readFile, rename, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { DriverError, type DriverErrorEffect } from "@threadstore/core/driver";

/** How the file store does what a crash may interrupt. A broken store has other ones. */
export interface FileSteps {
  /** Before the first write: makes what each write needs, and clears up after those that were killed. */
  readonly prepare: (root: string) => Promise<void>;
  readonly makeFolder: (folder: string) => Promise<void>;
  /** The content of a record's file; `undefined` when there is no record. */
  readonly read: (file: string) => Promise<Buffer | undefined>;
  /** Puts the record in the place of whatever is there. */
  readonly put: (file: string, content: Buffer) => Promise<void>;
  readonly remove: (file: string) => Promise<void>;
  /** Whether a file of that name is one of a record. */
  readonly isRecord: (name: string) => boolean;
  readonly newVersion: () => string;
  /** What surrounds the check of a version and the write. */
  readonly lock: <T>(file: string, work: () => Promise<T>) => Promise<T>;
  /** When the store is to close; it waits for its calls then. */
  readonly beginClose: () => void;
}

export const temporary = ".tmp-";
const ownTemporary = `${temporary}${process.pid}-`;

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

/** The error for a lock that another process holds. */
export function lockedError(cause?: unknown): DriverError {
  return new DriverError("UNAVAILABLE", "Another process holds the lock. Retry the call.", { cause });
}

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

/** A change in the folder, with which it is over: it is synced also where it took place and reported an error. */
async function lasting(folder: string, change: () => Promise<void>): Promise<void> {
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

export async function writeTemporary(file: string, content: Buffer, isSynced: boolean): Promise<string> {
  const path = join(dirname(file), `${ownTemporary}${randomUUID()}`);
  const handle = await open(path, "wx");
  try {
    await handle.writeFile(content);
    if (isSynced) await handle.sync();
  } finally {
    await handle.close();
  }
  return path;
}

/** Of all stores in the process. */
const turns = new Map<string, Promise<unknown>>();

/** As it should be: for one process that writes at a time, which is all that the crash cases have. */
export function goodSteps(): FileSteps {
  return {
    async prepare(root) {
      await makeLastingFolder(root);
      const entries = await readdir(root, { recursive: true, withFileTypes: true });
      for (const { name, parentPath } of entries) {
        // Those of this process may be about to be renamed.
        const isDebris = name.startsWith(temporary) && !name.startsWith(ownTemporary);
        if (isDebris) await unlessMissing(unlink(join(parentPath, name)));
      }
    },
    makeFolder: makeLastingFolder,
    read: (file) => unlessMissing(readFile(file)),
    async put(file, content) {
      const prepared = await writeTemporary(file, content, true);
      await lasting(dirname(file), () => rename(prepared, file));
    },
    remove: (file) => lasting(dirname(file), () => unlink(file)),
    isRecord: (name) => !basename(name).startsWith(temporary),
    newVersion: randomUUID,
    lock(file, work) {
      const turn = (turns.get(file) ?? Promise.resolve()).then(work, work);
      turns.set(file, turn);
      return turn;
    },
    beginClose: () => undefined,
  };
}

/** Also when a process before this one made it, and was killed before it could sync the name. */
async function makeLastingFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await syncFolder(dirname(folder));
}
