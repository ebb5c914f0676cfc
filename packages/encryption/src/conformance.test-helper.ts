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

/** Returns the options of the suite for the inner store. */
export function innerOptions(options: StoreOptions = {}): StoreOptions {
  return { ...options, maxThreadBytes: INNER_MAX_BYTES };
}

/** Encrypts a store for the suite, whose size limit applies to threads as callers see them. */
export function encrypted(
  inner: ThreadStore,
  { maxThreadBytes = 16_777_216 }: StoreOptions = {},
  settings: Settings = {},
): ThreadStore {
  return withEncryption(inner, { keys: TEST_KEYS, maxThreadBytes, ...settings });
}

/** Opens an encrypted store over a driver. */
export function openOver(driver: ThreadDriver, options?: StoreOptions, settings?: Settings): ThreadStore {
  return encrypted(createThreadStore(driver, innerOptions(options)), options, settings);
}
