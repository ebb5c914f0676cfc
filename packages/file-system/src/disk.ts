import { constants } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import type { Settings } from "./options.ts";
import { syncer } from "./sync.ts";
import { open, type OpenFile } from "./system-calls.ts";

// A link in the place of a segment leads to something that the store did not write.
const appending = constants.O_RDWR | constants.O_NOFOLLOW;

/** A folder, opened before its entries change so that what is left to do afterwards hardly fails. */
export interface OpenFolder extends AsyncDisposable {
  /** Brings what was made, renamed or removed in the folder to the disk. */
  sync(): Promise<void>;
}

/** What has to reach the disk goes through here. */
export interface Disk {
  /** Makes a folder and its parents where they do not exist. Resolves to the first that was made. */
  makeFolder(folder: string): Promise<string | undefined>;
  /** The same, and brings their names to the disk. */
  makeLastingFolder(folder: string): Promise<void>;
  /** Makes a new file with this content on the disk. Its name is there only after the folder's sync. */
  writeNew(file: string, content: readonly Uint8Array[]): Promise<void>;
  /**
   * Puts content behind that of a file, on the disk. Resolves to the file's length then. What fails is taken off
   * again, as far as that is possible: nobody else may write to the file.
   */
  append(file: string, content: readonly Uint8Array[]): Promise<number>;
  openFolder(folder: string): Promise<OpenFolder>;
  sync(folder: string): Promise<void>;
}

export function diskWith({ synced, folderMode, fileMode }: Settings): Disk {
  const syncToDisk = syncer();

  async function openFolder(folder: string): Promise<OpenFolder> {
    // Windows cannot sync a folder: its journal brings names to the disk, in order, in its own time.
    if (!synced || process.platform === "win32") return unsynced;
    const opened = await open(folder, "r");
    return {
      sync: () => syncToDisk(opened, "all"),
      [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose](),
    };
  }

  async function sync(folder: string): Promise<void> {
    await using opened = await openFolder(folder);
    await opened.sync();
  }

  async function makeFolder(folder: string): Promise<string | undefined> {
    return mkdir(folder, { recursive: true, mode: folderMode });
  }

  return {
    openFolder,
    sync,
    makeFolder,
    async makeLastingFolder(folder) {
      const first = await makeFolder(folder);
      if (first === undefined) return;
      for (const made of fromTo(folder, first)) await sync(dirname(made));
    },
    async writeNew(file, content) {
      await using handle = await open(file, "wx", fileMode);
      await writeAll(handle, content, 0);
      if (synced) await syncToDisk(handle, "all");
    },
    async append(file, content) {
      await using handle = await open(file, appending);
      const size = await handle.size();
      try {
        const end = await writeAll(handle, content, size);
        if (synced) await syncToDisk(handle, "data");
        return end;
      } catch (error) {
        await Promise.allSettled([handle.truncate(size)]);
        throw error;
      }
    },
  };
}

/** Resolves to the position behind what was written: a call of the system may write a part. */
async function writeAll(file: OpenFile, content: readonly Uint8Array[], from: number): Promise<number> {
  const end = from + content.reduce((sum, { length }) => sum + length, 0);
  let position = from + (await file.write(content, from));
  while (position < end) {
    const rest = Buffer.concat(content).subarray(position - end);
    position += await file.write([rest], position);
  }
  return position;
}

const unsynced: OpenFolder = {
  sync: async () => {},
  [Symbol.asyncDispose]: async () => {},
};

/** `folder` and its parents, up to `first`. */
function fromTo(folder: string, first: string): string[] {
  return folder.length <= first.length ? [folder] : [folder, ...fromTo(dirname(folder), first)];
}
