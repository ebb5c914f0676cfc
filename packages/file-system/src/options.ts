import { resolve } from "node:path";

export interface FileSystemDriverOptions {
  /**
   * Where the threads are kept, on a local file system. Made, parents too, by the first save. It belongs to
   * the store: nothing else may be put there. A relative path is taken from the working directory once, now.
   */
  readonly folder: string;
  /**
   * `full`: a save resolves when the disk has it (`fsync` of file and folders). `process`: when the operating
   * system has it. That survives a crash of the process; a power failure may then lose the last saves, and
   * damage threads saved in the last seconds.
   * @default "full"
   */
  readonly durability?: "full" | "process" | undefined;
  /**
   * Permissions of folders, less the process's umask.
   * @default 0o700
   */
  readonly folderMode?: number | undefined;
  /**
   * Permissions of files, less the process's umask.
   * @default 0o600
   */
  readonly fileMode?: number | undefined;
}

export interface Settings {
  readonly folder: string;
  readonly synced: boolean;
  readonly folderMode: number;
  readonly fileMode: number;
}

/** The options with their defaults. Wrong ones are mistakes in the program: a TypeError. */
export function checkOptions(options: FileSystemDriverOptions): Settings {
  const { folder, durability = "full", folderMode = 0o700, fileMode = 0o600 } = options;
  if (typeof folder !== "string" || folder === "" || folder.includes("\0")) {
    throw new TypeError("folder must be the path of a folder");
  }
  if (durability !== "full" && durability !== "process") {
    throw new TypeError('durability must be "full" or "process"');
  }
  for (const [name, mode] of Object.entries({ folderMode, fileMode })) {
    if (!Number.isInteger(mode) || mode < 0 || mode > 0o777) {
      throw new TypeError(`${name} must be permission bits such as 0o700`);
    }
  }
  return { folder: resolve(folder), synced: durability === "full", folderMode, fileMode };
}
