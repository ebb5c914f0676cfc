import { join } from "node:path";
import { createThreadStore, type StoreOptions, type ThreadDriver, type ThreadStore } from "@threadstore/core";
import { sqliteDriver } from "@threadstore/sqlite";
import { withAttachments } from "./with-attachments.ts";

export type Settings = { readonly limitBytes?: number; readonly strings?: "base64" | "any" };

/** The store that the suite asks for. Its limit is on whole threads, which is the limit of the outer store. */
export function openOver(
  driver: ThreadDriver,
  { maxThreadBytes, ...options }: StoreOptions = {},
  settings: Settings,
): ThreadStore {
  const beneath = createThreadStore(driver, options);
  return withAttachments(beneath, { ...settings, maxThreadBytes, now: options.now });
}

/** On the place's file, quickly: what a power failure would take is SQLite's affair, and tested there. */
export function sqliteAt(folder: string, place: string): ThreadDriver {
  return sqliteDriver({ path: databaseOf(folder, place), synchronous: "normal" });
}

export function databaseOf(folder: string, place: string): string {
  return join(folder, `${place}.db`);
}
