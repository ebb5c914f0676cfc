export { fileSystemDriver } from "./driver.ts";
export type { FileSystemDriverOptions } from "./options.ts";
export { fileSystemStore, type FileSystemStoreOptions } from "./store.ts";
