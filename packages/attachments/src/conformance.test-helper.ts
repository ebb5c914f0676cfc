import type { StoreOptions, ThreadStore } from "@threadstore/core";
import { createThreadStore, type ThreadDriver } from "@threadstore/core/driver";
import { withAttachments } from "./with-attachments.ts";

export type Settings = { readonly limitBytes?: number; readonly strings?: "base64" | "any" };

/** The inner store needs more space than the threads: an attachment is stored with a few bytes around it. */
const INNER_MAX_BYTES = 33_554_432;

/** Opens a store for the suite, whose size limit applies to threads including their attachments. */
export function openOver(
  driver: ThreadDriver,
  { maxThreadBytes = 16_777_216, ...options }: StoreOptions = {},
  settings: Settings,
): ThreadStore {
  const inner = createThreadStore(driver, { ...options, maxThreadBytes: INNER_MAX_BYTES });
  return withAttachments(inner, { ...settings, maxThreadBytes });
}
