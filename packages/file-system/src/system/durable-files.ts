import { constants } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { andThen, type MaybePromise } from "@threadstore/core/driver";
import { createAdaptiveSync } from "./adaptive-sync.ts";
import { catching, closing } from "./steps.ts";
import { open, type OpenFile, type SyncScope } from "./synchronous-io.ts";

// Does not follow a link: its target is not a file that the store wrote.
const APPEND_FLAGS = constants.O_RDWR | constants.O_NOFOLLOW;

export interface FileSettings {
  readonly syncsToDisk: boolean;
  readonly folderMode: number;
  readonly fileMode: number;
}

/** A folder that is opened before its entries change, so that little can fail after the change. */
export interface OpenFolder extends Disposable {
  /** Makes the creations, renames and removals in the folder durable. */
  sync(): MaybePromise<void>;
}

/** Writes files and folders that must reach the disk. */
export interface DurableFiles {
  /** Creates a folder and its missing parents. Resolves to the first folder that was created. */
  createFolder(folder: string): Promise<string | undefined>;
  /** Creates a folder and its missing parents, and syncs their names. */
  createDurableFolder(folder: string): Promise<void>;
  /** Writes a new file. Its content is durable; its name is durable only once its folder is synced. */
  writeNewFile(file: string, content: readonly Uint8Array[]): MaybePromise<void>;
  /**
   * Appends content and returns the new length of the file. If that fails, truncates the file to its old length
   * where possible. No other writer may use the file at the same time.
   */
  append(file: string, content: readonly Uint8Array[]): MaybePromise<number>;
  openFolder(folder: string): MaybePromise<OpenFolder>;
  syncFolder(folder: string): MaybePromise<void>;
}

export function createDurableFiles({ syncsToDisk, folderMode, fileMode }: FileSettings): DurableFiles {
  const syncFile = createAdaptiveSync();
  const sync: typeof syncFile = (file, scope) => (syncsToDisk ? syncFile(file, scope) : undefined);

  function openFolder(folder: string): MaybePromise<OpenFolder> {
    // Windows cannot sync a folder: its journal writes names to the disk, in order, at a time of its choice.
    if (!syncsToDisk || process.platform === "win32") return UNSYNCED_FOLDER;
    return andThen(open(folder, "r"), (handle) => ({
      sync: () => syncFile(handle, "all"),
      [Symbol.dispose]: () => handle[Symbol.dispose](),
    }));
  }

  function syncFolder(folder: string): MaybePromise<void> {
    return andThen(openFolder(folder), (handle) => closing(handle, () => handle.sync()));
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
    writeNewFile: (file, content) =>
      andThen(open(file, "wx", fileMode), (handle) =>
        closing(handle, () => andThen(writeAll(handle, content, 0), () => sync(handle, "all"))),
      ),
    append: (file, content) =>
      andThen(open(file, APPEND_FLAGS), (handle) => closing(handle, () => appendTo(handle, content, sync))),
  };
}

function appendTo(
  file: OpenFile,
  content: readonly Uint8Array[],
  sync: (file: OpenFile, scope: SyncScope) => MaybePromise<void>,
): MaybePromise<number> {
  return andThen(file.size(), (size) =>
    catching(
      () => andThen(writeAll(file, content, size), (end) => andThen(sync(file, "data"), () => end)),
      async (cause) => {
        await Promise.allSettled([truncate(file, size)]);
        throw cause;
      },
    ),
  );
}

async function truncate(file: OpenFile, size: number): Promise<void> {
  await file.truncate(size);
}

/** Returns the position after the content. Repeats partial writes until everything is written. */
function writeAll(file: OpenFile, content: readonly Uint8Array[], start: number): MaybePromise<number> {
  const end = start + content.reduce((sum, { length }) => sum + length, 0);
  return andThen(file.write(content, start), (written) => {
    const position = start + written;
    return position < end ? writeAll(file, [Buffer.concat(content).subarray(written)], position) : position;
  });
}

const UNSYNCED_FOLDER: OpenFolder = {
  sync: () => undefined,
  [Symbol.dispose]: () => undefined,
};

/** Returns `folder` and its parents, up to and including `top`. */
function pathsUpTo(folder: string, top: string): string[] {
  return folder.length <= top.length ? [folder] : [folder, ...pathsUpTo(dirname(folder), top)];
}
