import { createThreadStore, type StoreOptions, type ThreadStore } from "@threadstore/core";
import { fileSystemDriver } from "./driver.ts";
import type { FileSystemDriverOptions } from "./options.ts";

export interface FileSystemStoreOptions extends FileSystemDriverOptions, StoreOptions {}

/**
 * A store that keeps each thread as a JSON file below `folder`, for any number of processes on one machine.
 *
 * Throws a TypeError when the options are wrong, and touches no file before its first call.
 */
export function fileSystemStore(options: FileSystemStoreOptions): ThreadStore {
  return createThreadStore(fileSystemDriver(options), options);
}
