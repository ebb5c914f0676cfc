import type { StoreOptions, ThreadStore } from "@threadstore/core";
import { createThreadStore, type ThreadDriver } from "@threadstore/core/driver";
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
