import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { StoreOptions, ThreadStore } from "@threadstore/core";
import { createThreadStore, type ThreadDriver } from "@threadstore/core/driver";
import { sqliteDriver } from "@threadstore/sqlite";
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

/** Opens a database without syncing. Durability across power failures is tested in @threadstore/sqlite. */
export function sqliteAt(folder: string, location: string): ThreadDriver {
  return sqliteDriver({ path: databaseOf(folder, location), synchronous: "normal" });
}

export function databaseOf(folder: string, location: string): string {
  return join(folder, `${location}.db`);
}

/** Creates a folder that `using` deletes. */
export function temporaryFolder(): { readonly path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), "threadstore-encryption-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}
