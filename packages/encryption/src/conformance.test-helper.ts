import type { StoreOptions, ThreadStore } from "@threadstore/core";
import { createThreadStore, type ThreadDriver } from "@threadstore/core/driver";
import type { KeyProvider } from "./keys/key-provider.ts";
import { staticKeys } from "./keys/static-keys.ts";
import { withEncryption } from "./with-encryption.ts";

export type Settings = { readonly metadata?: "plain" | "sealed" };

/** A key for tests. */
export const TEST_KEYS: KeyProvider = staticKeys({
  current: "test",
  keys: { test: new Uint8Array(32).fill(7) },
});

/** The inner store needs more space than the threads, whose limit the suite tests. */
const INNER_MAX_BYTES = 536_870_912;

/** Opens a store for the suite, whose size limit applies to threads as callers see them. */
export function openOver(
  driver: ThreadDriver,
  { maxThreadBytes = 16_777_216, ...options }: StoreOptions = {},
  settings: Settings = {},
): ThreadStore {
  const inner = createThreadStore(driver, { ...options, maxThreadBytes: INNER_MAX_BYTES });
  return withEncryption(inner, { keys: TEST_KEYS, maxThreadBytes, ...settings });
}
