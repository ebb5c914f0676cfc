export { fileSystemDriver, fileSystemStore } from "./file-system-store.ts";
export type { FileSystemDriverOptions, FileSystemStoreOptions } from "./options.ts";
