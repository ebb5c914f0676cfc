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

// The system calls of loads and saves. They have an asynchronous interface but block the event loop: handing a call to
// another thread costs several times what the call itself takes. docs/decisions/0022-synchronous-file-io.md has the
// measurements and the consequences for network file systems.

/** Copying this much takes milliseconds, so it is worth another thread. */
const BLOCKING_WRITE_MAX_BYTES = 2_097_152;

/** What a sync makes durable: content, size and other attributes, or only content and size. */
export type SyncScope = "all" | "data";

/** An open file or folder. */
export interface OpenFile extends AsyncDisposable {
  size(): Promise<number>;
  read(bytes: Uint8Array, position: number): Promise<number>;
  /** Resolves to the number of bytes written, which may be less than the content has. */
  write(content: readonly Uint8Array[], position: number): Promise<number>;
  truncate(size: number): Promise<void>;
  /** Syncs to the disk, either blocking the event loop or in another thread. */
  sync(scope: SyncScope, isBlocking: boolean): Promise<void>;
}

export async function open(path: string, flags: string | number, mode?: number): Promise<OpenFile> {
  const descriptor = openSync(path, flags, mode);
  return {
    size: async () => fstatSync(descriptor).size,
    read: async (bytes, position) => readSync(descriptor, bytes, 0, bytes.length, position),
    async write(content, position) {
      const length = content.reduce((sum, bytes) => sum + bytes.length, 0);
      if (length <= BLOCKING_WRITE_MAX_BYTES) return writevSync(descriptor, content, position);
      return writeInThread(descriptor, content, position);
    },
    truncate: async (size) => ftruncateSync(descriptor, size),
    async sync(scope, isBlocking) {
      if (isBlocking) (scope === "all" ? fsyncSync : fdatasyncSync)(descriptor);
      else await syncInThread(scope === "all" ? fsync : fdatasync, descriptor);
    },
    [Symbol.asyncDispose]: async () => closeSync(descriptor),
  };
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

export async function readdir(folder: string): Promise<string[]> {
  return readdirSync(folder);
}

export async function lstat(path: string): Promise<Stats> {
  return lstatSync(path);
}

export async function rename(from: string, to: string): Promise<void> {
  renameSync(from, to);
}

export async function unlink(file: string): Promise<void> {
  unlinkSync(file);
}

export async function rmdir(folder: string): Promise<void> {
  rmdirSync(folder);
}
