import { resolve } from "node:path";
import type { OptionNames, StoreOptions } from "@threadstore/core/driver";

export interface FileSystemDriverOptions {
  /**
   * The folder of the store, on a local file system. The first save creates it, including its parents. It must not
   * contain anything else. A relative path is resolved once, when the store is created.
   */
  readonly folder: string;
  /**
   * When a save resolves. `full`: once the data is on disk (`fsync` of the file and of the folders that name it).
   * `process`: once the operating system has the data. A crash of the process then loses nothing, but a power failure
   * may lose the last saves and corrupt threads saved in the last seconds.
   * @default "full"
   */
  readonly durability?: "full" | "process" | undefined;
  /**
   * The permissions of new folders, before the process's umask applies.
   * @default 0o700
   */
  readonly folderMode?: number | undefined;
  /**
   * The permissions of new files, before the process's umask applies.
   * @default 0o600
   */
  readonly fileMode?: number | undefined;
}

export interface FileSystemStoreOptions extends FileSystemDriverOptions, StoreOptions {}

export const OPTION_NAMES: OptionNames<FileSystemDriverOptions> = {
  folder: "required",
  durability: true,
  folderMode: true,
  fileMode: true,
};

export interface ResolvedOptions {
  /** An absolute path. */
  readonly folder: string;
  readonly syncsToDisk: boolean;
  readonly folderMode: number;
  readonly fileMode: number;
}

/** Validates the options, without I/O, and fills in the defaults. Throws a `TypeError` for invalid options. */
export function resolveOptions(options: FileSystemDriverOptions): ResolvedOptions {
  const { folder, durability = "full", folderMode = 0o700, fileMode = 0o600 } = options;
  if (typeof folder !== "string" || folder === "" || folder.includes("\0")) {
    throw new TypeError("`folder` must be the path of a folder.");
  }
  if (durability !== "full" && durability !== "process") {
    throw new TypeError('`durability` must be "full" or "process".');
  }
  for (const [name, mode] of Object.entries({ folderMode, fileMode })) {
    if (!Number.isInteger(mode) || mode < 0 || mode > 0o777) {
      throw new TypeError(`\`${name}\` must be permission bits such as 0o700.`);
    }
  }
  return { folder: resolve(folder), syncsToDisk: durability === "full", folderMode, fileMode };
}
