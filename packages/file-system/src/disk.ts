import { constants } from "node:fs";
import { type FileHandle, mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";
import type { Settings } from "./options.ts";

// A link in the place of a segment leads to something that the store did not write.
const appending = constants.O_RDWR | constants.O_NOFOLLOW;

/** A folder, opened before its entries change so that what is left to do afterwards hardly fails. */
export interface OpenFolder extends AsyncDisposable {
  /** Brings what was made, renamed or removed in the folder to the disk. */
  sync(): Promise<void>;
}

/**
 * What has to reach the disk goes through here.
 *
 * All calls are asynchronous, although the synchronous ones cost 0.2 to 0.8 ms less for a load or save: any of
 * them, `rename` and `mkdir` too, may have to wait for the disk, and then all other requests would wait as well.
 */
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
  async function openFolder(folder: string): Promise<OpenFolder> {
    // Windows cannot sync a folder: its journal brings names to the disk, in order, in its own time.
    return synced && process.platform !== "win32" ? open(folder, "r") : unsynced;
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
      if (synced) await handle.sync();
    },
    async append(file, content) {
      await using handle = await open(file, appending);
      const { size } = await handle.stat();
      try {
        const end = await writeAll(handle, content, size);
        if (synced) await handle.datasync();
        return end;
      } catch (error) {
        await Promise.allSettled([handle.truncate(size)]);
        throw error;
      }
    },
  };
}

/** Resolves to the position behind what was written: a call of the system may write a part. */
async function writeAll(handle: FileHandle, content: readonly Uint8Array[], from: number): Promise<number> {
  const { bytesWritten } = await handle.writev(content, from);
  let position = from + bytesWritten;
  const end = from + content.reduce((sum, { length }) => sum + length, 0);
  if (position < end) {
    const rest = Buffer.concat(content).subarray(bytesWritten);
    while (position < end)
      position += (await handle.write(rest, rest.length - (end - position), end - position, position))
        .bytesWritten;
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
