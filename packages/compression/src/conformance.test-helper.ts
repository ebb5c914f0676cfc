import { join } from "node:path";
import type { StoreOptions, ThreadStore } from "@threadstore/core";
import { createThreadStore, type ThreadDriver } from "@threadstore/core/driver";
import { sqliteDriver } from "@threadstore/sqlite";
import { withCompression } from "./with-compression.ts";

/** The options that a child process gets, too. */
export type Settings = { readonly minBytes?: number; readonly algorithm?: "zstd" | "deflate" };

/** Opens a store for the suite, whose size limit applies to threads before they are compressed. */
export function openOver(
  driver: ThreadDriver,
  { maxThreadBytes, ...options }: StoreOptions = {},
  settings: Settings = {},
): ThreadStore {
  return withCompression(createThreadStore(driver, options), { ...settings, maxThreadBytes });
}

/** Opens a database without syncing. Durability across power failures is tested in @threadstore/sqlite. */
export function sqliteAt(folder: string, location: string): ThreadDriver {
  return sqliteDriver({ path: databaseOf(folder, location), synchronous: "normal" });
}

export function databaseOf(folder: string, location: string): string {
  return join(folder, `${location}.db`);
}
