import { join } from "node:path";
import type { StoreOptions, ThreadStore } from "@threadstore/core";
import { createThreadStore, type ThreadDriver } from "@threadstore/core/driver";
import { sqliteDriver } from "@threadstore/sqlite";
import { withAttachments } from "./with-attachments.ts";

export type Settings = { readonly limitBytes?: number; readonly strings?: "base64" | "any" };

/** Opens a store for the suite, whose size limit applies to threads including their attachments. */
export function openOver(
  driver: ThreadDriver,
  { maxThreadBytes, ...options }: StoreOptions = {},
  settings: Settings,
): ThreadStore {
  const inner = createThreadStore(driver, options);
  return withAttachments(inner, { ...settings, maxThreadBytes, now: options.now });
}

/** Opens a database without syncing. Durability across power failures is tested in @threadstore/sqlite. */
export function sqliteAt(folder: string, location: string): ThreadDriver {
  return sqliteDriver({ path: databaseOf(folder, location), synchronous: "normal" });
}

export function databaseOf(folder: string, location: string): string {
  return join(folder, `${location}.db`);
}
