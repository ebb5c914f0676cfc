import { join } from "node:path";
import type { StoreOptions } from "@threadstore/core";
import { createThreadStore, type ThreadDriver } from "@threadstore/core/driver";
import { sqliteDriver } from "@threadstore/sqlite";
import type { HistoryStore } from "./history-store.ts";
import { withHistory } from "./with-history.ts";

/** The option `keep`, which other processes receive as JSON. */
export type Settings = { readonly versions?: number; readonly ageMs?: number; readonly characters?: number };

/** Opens a store for the suite, whose size limit applies to threads without their history. */
export function openOver(
  driver: ThreadDriver,
  { maxThreadBytes, ...options }: StoreOptions = {},
  keep: Settings = {},
): HistoryStore {
  const inner = createThreadStore(driver, { ...options, maxThreadBytes: 67_108_864 });
  return withHistory(inner, { keep, maxThreadBytes: maxThreadBytes ?? 16_777_216, now: options.now });
}

/** Opens a database without syncing. Durability across power failures is tested in @threadstore/sqlite. */
export function sqliteAt(folder: string, location: string): ThreadDriver {
  return sqliteDriver({ path: databaseOf(folder, location), synchronous: "normal" });
}

export function databaseOf(folder: string, location: string): string {
  return join(folder, `${location}.db`);
}
