import {
  closeSync,
  fdatasync,
  fdatasyncSync,
  fstatSync,
  fsync,
  fsyncSync,
  ftruncateSync,
  lstatSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmdirSync,
  type Stats,
  unlinkSync,
  writev,
  writevSync,
} from "node:fs";
import type { MaybePromise } from "@threadstore/core/driver";

// The system calls of loads and saves. They block the event loop: handing a call to another thread costs several times
// what the call itself takes. Only syncs and long writes return promises. docs/decisions/0022-synchronous-file-io.md has
// the measurements and the consequences for network file systems.

/** Copying this much takes milliseconds, so it is worth another thread. */
const BLOCKING_WRITE_MAX_BYTES = 2_097_152;

/** What a sync makes durable: content, size and other attributes, or only content and size. */
export type SyncScope = "all" | "data";

/** An open file or folder. */
export interface OpenFile extends Disposable {
  size(): MaybePromise<number>;
  read(bytes: Uint8Array, position: number): MaybePromise<number>;
  /** Returns the number of bytes written, which may be less than the content has. */
  write(content: readonly Uint8Array[], position: number): MaybePromise<number>;
  truncate(size: number): MaybePromise<void>;
  /** Syncs to the disk, either blocking the event loop or in another thread. */
  sync(scope: SyncScope, isBlocking: boolean): MaybePromise<void>;
}

export function open(path: string, flags: string | number, mode?: number): MaybePromise<OpenFile> {
  return new DescribedFile(openSync(path, flags, mode));
}

/** A class, because a literal would create a function for each method of each file. */
class DescribedFile implements OpenFile {
  readonly #descriptor: number;

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  size(): number {
    return fstatSync(this.#descriptor).size;
  }

  read(bytes: Uint8Array, position: number): number {
    return readSync(this.#descriptor, bytes, 0, bytes.length, position);
  }

  write(content: readonly Uint8Array[], position: number): MaybePromise<number> {
    const length = content.reduce((sum, bytes) => sum + bytes.length, 0);
    if (length <= BLOCKING_WRITE_MAX_BYTES) return writevSync(this.#descriptor, content, position);
    return writeInThread(this.#descriptor, content, position);
  }

  truncate(size: number): void {
    ftruncateSync(this.#descriptor, size);
  }

  sync(scope: SyncScope, isBlocking: boolean): MaybePromise<void> {
    if (!isBlocking) return syncInThread(scope === "all" ? fsync : fdatasync, this.#descriptor);
    if (scope === "all") fsyncSync(this.#descriptor);
    else fdatasyncSync(this.#descriptor);
    return undefined;
  }

  [Symbol.dispose](): void {
    closeSync(this.#descriptor);
  }
}

// Not `promisify`, because an import of `node:util` loads 30 modules of Node.js.
async function syncInThread(sync: typeof fsync, descriptor: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    sync(descriptor, (error) => (error === null ? resolve() : reject(error)));
  });
}

async function writeInThread(
  descriptor: number,
  content: readonly Uint8Array[],
  position: number,
): Promise<number> {
  return new Promise<number>((resolve, reject) => {
    writev(descriptor, content, position, (error, written) =>
      error === null ? resolve(written) : reject(error),
    );
  });
}

export function readdir(folder: string): MaybePromise<string[]> {
  return readdirSync(folder);
}

export function lstat(path: string): MaybePromise<Stats> {
  return lstatSync(path);
}

export function rename(from: string, to: string): MaybePromise<void> {
  renameSync(from, to);
}

export function unlink(file: string): MaybePromise<void> {
  unlinkSync(file);
}

export function rmdir(folder: string): MaybePromise<void> {
  rmdirSync(folder);
}
