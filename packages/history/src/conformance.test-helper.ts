import type { StoreOptions } from "@threadstore/core";
import { createThreadStore, type ThreadDriver } from "@threadstore/core/driver";
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
  return withHistory(inner, { keep, maxThreadBytes: maxThreadBytes ?? 16_777_216 });
}
