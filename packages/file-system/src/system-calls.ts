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
  writevSync,
} from "node:fs";
import { promisify } from "node:util";

// What a load or save asks of the system, for whoever awaits it. It is asked in place: the way to another thread and
// back costs several times what these calls do. docs/decisions/0022-calls-in-place.md has the numbers, and what that
// means on a network's file system.

const syncAll = promisify(fsync);
const syncData = promisify(fdatasync);

/** An open file or folder. */
export interface OpenFile extends AsyncDisposable {
  size(): Promise<number>;
  read(bytes: Uint8Array, position: number): Promise<number>;
  /** Resolves to how many bytes were written, which may be fewer than there are. */
  write(content: readonly Uint8Array[], position: number): Promise<number>;
  truncate(size: number): Promise<void>;
  /** Brings everything to the disk, or content and size alone, and nobody else waits for it unless `inPlace`. */
  sync(what: "all" | "data", inPlace: boolean): Promise<void>;
}

export async function open(path: string, flags: string | number, mode?: number): Promise<OpenFile> {
  const descriptor = openSync(path, flags, mode);
  return {
    size: async () => fstatSync(descriptor).size,
    read: async (bytes, position) => readSync(descriptor, bytes, 0, bytes.length, position),
    write: async (content, position) => writevSync(descriptor, content, position),
    truncate: async (size) => ftruncateSync(descriptor, size),
    async sync(what, inPlace) {
      if (inPlace) (what === "all" ? fsyncSync : fdatasyncSync)(descriptor);
      else await (what === "all" ? syncAll : syncData)(descriptor);
    },
    [Symbol.asyncDispose]: async () => closeSync(descriptor),
  };
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
