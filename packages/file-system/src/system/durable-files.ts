import { constants } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { createAdaptiveSync } from "./adaptive-sync.ts";
import { open, type OpenFile } from "./synchronous-io.ts";

// Does not follow a link: its target is not a file that the store wrote.
const APPEND_FLAGS = constants.O_RDWR | constants.O_NOFOLLOW;

export interface FileSettings {
  readonly syncsToDisk: boolean;
  readonly folderMode: number;
  readonly fileMode: number;
}

/** A folder that is opened before its entries change, so that little can fail after the change. */
export interface OpenFolder extends AsyncDisposable {
  /** Makes the creations, renames and removals in the folder durable. */
  sync(): Promise<void>;
}

/** Writes files and folders that must reach the disk. */
export interface DurableFiles {
  /** Creates a folder and its missing parents. Resolves to the first folder that was created. */
  createFolder(folder: string): Promise<string | undefined>;
  /** Creates a folder and its missing parents, and syncs their names. */
  createDurableFolder(folder: string): Promise<void>;
  /** Writes a new file. Its content is durable; its name is durable only once its folder is synced. */
  writeNewFile(file: string, content: readonly Uint8Array[]): Promise<void>;
  /**
   * Appends content and resolves to the new length of the file. If that fails, truncates the file to its old length
   * where possible. No other writer may use the file at the same time.
   */
  append(file: string, content: readonly Uint8Array[]): Promise<number>;
  openFolder(folder: string): Promise<OpenFolder>;
  syncFolder(folder: string): Promise<void>;
}

export function createDurableFiles({ syncsToDisk, folderMode, fileMode }: FileSettings): DurableFiles {
  const syncFile = createAdaptiveSync();

  async function openFolder(folder: string): Promise<OpenFolder> {
    // Windows cannot sync a folder: its journal writes names to the disk, in order, at a time of its choice.
    if (!syncsToDisk || process.platform === "win32") return UNSYNCED_FOLDER;
    const handle = await open(folder, "r");
    return {
      sync: () => syncFile(handle, "all"),
      [Symbol.asyncDispose]: () => handle[Symbol.asyncDispose](),
    };
  }

  async function syncFolder(folder: string): Promise<void> {
    await using handle = await openFolder(folder);
    await handle.sync();
  }

  async function createFolder(folder: string): Promise<string | undefined> {
    return mkdir(folder, { recursive: true, mode: folderMode });
  }

  return {
    openFolder,
    syncFolder,
    createFolder,
    async createDurableFolder(folder) {
      const firstCreated = await createFolder(folder);
      if (firstCreated === undefined) return;
      for (const created of pathsUpTo(folder, firstCreated)) await syncFolder(dirname(created));
    },
    async writeNewFile(file, content) {
      await using handle = await open(file, "wx", fileMode);
      await writeAll(handle, content, 0);
      if (syncsToDisk) await syncFile(handle, "all");
    },
    async append(file, content) {
      await using handle = await open(file, APPEND_FLAGS);
      const size = await handle.size();
      try {
        const end = await writeAll(handle, content, size);
        if (syncsToDisk) await syncFile(handle, "data");
        return end;
      } catch (error) {
        await Promise.allSettled([handle.truncate(size)]);
        throw error;
      }
    },
  };
}

/** Resolves to the position after the content. Repeats partial writes until everything is written. */
async function writeAll(file: OpenFile, content: readonly Uint8Array[], start: number): Promise<number> {
  const end = start + content.reduce((sum, { length }) => sum + length, 0);
  let position = start + (await file.write(content, start));
  while (position < end) {
    const unwritten = Buffer.concat(content).subarray(position - end);
    position += await file.write([unwritten], position);
  }
  return position;
}

const UNSYNCED_FOLDER: OpenFolder = {
  sync: async () => {},
  [Symbol.asyncDispose]: async () => {},
};

/** Returns `folder` and its parents, up to and including `top`. */
function pathsUpTo(folder: string, top: string): string[] {
  return folder.length <= top.length ? [folder] : [folder, ...pathsUpTo(dirname(folder), top)];
}
