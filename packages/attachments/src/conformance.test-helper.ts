import type { StoreOptions, ThreadStore } from "@threadstore/core";
import { createThreadStore, type ThreadDriver } from "@threadstore/core/driver";
import { withAttachments } from "./with-attachments.ts";

export type Settings = { readonly limitBytes?: number; readonly strings?: "base64" | "any" };

/** Opens a store for the suite, whose size limit applies to threads including their attachments. */
export function openOver(
  driver: ThreadDriver,
  { maxThreadBytes, ...options }: StoreOptions = {},
  settings: Settings,
): ThreadStore {
  const inner = createThreadStore(driver, options);
  return withAttachments(inner, { ...settings, maxThreadBytes });
}
