import { dirname, join } from "node:path";
import { andThen, hasSystemErrorCode, type MaybePromise } from "@threadstore/core/driver";
import { namespaceFolder } from "./keys.ts";
import type { Layout } from "./layout.ts";
import type { DurableFiles } from "./system/durable-files.ts";
import { catching } from "./system/steps.ts";
import { lstat, readdir } from "./system/synchronous-io.ts";
import { NOT_REMOVABLE, unlessCode } from "./system/system-error.ts";
import { moveToTrash, removeTrashed } from "./trash.ts";

const STAGED_MAX_AGE_MS = 60 * 60 * 1000;
const CLEAN_UP_INTERVAL_MS = 10 * 60 * 1000;

export interface Maintenance {
  /**
   * Runs a write. Before it, creates the folders that writes need, and removes the leftovers of crashed processes from
   * time to time. Folders that were removed since are created again before the write after one that failed for it.
   */
  prepare<Result>(write: () => MaybePromise<Result>): MaybePromise<Result>;
}

export function createMaintenance(layout: Layout, files: DurableFiles): Maintenance {
  let creation: Promise<void> | undefined;
  let areFoldersCreated = false;
  let cleanedUpAt = Number.NEGATIVE_INFINITY;

  async function createFolders(): Promise<void> {
    const { staging, trash, namespaces } = layout;
    for (const folder of [staging, trash, namespaces, namespaceFolder(layout, "")]) {
      await files.createDurableFolder(folder);
    }
    // They may exist without being durable, just as those above the root.
    await files.syncFolder(layout.root);
    await syncFoldersAbove(files, layout.root);
  }

  async function run(): Promise<void> {
    creation ??= createFolders().finally(() => {
      creation = undefined;
    });
    await creation;
    areFoldersCreated = true;
    if (!isCleanUpDue()) return;
    cleanedUpAt = performance.now();
    await removeLeftovers(layout);
  }

  function isCleanUpDue(): boolean {
    return performance.now() - cleanedUpAt >= CLEAN_UP_INTERVAL_MS;
  }

  return {
    prepare(write) {
      const prepared = !areFoldersCreated || isCleanUpDue() ? run() : undefined;
      return andThen(prepared, () =>
        catching(write, (error) => {
          // Another program may have removed the folders. The error is UNAVAILABLE, so core tries again.
          if (hasSystemErrorCode(error, "ENOENT")) areFoldersCreated = false;
          throw error;
        }),
      );
    },
  };
}

/**
 * Makes the names of the root and of all folders above it durable: another process may have created any of them, and
 * been killed or failed before it synced them. The folders above a mount point existed before, so they need no sync.
 */
async function syncFoldersAbove(files: DurableFiles, folder: string): Promise<void> {
  const parent = dirname(folder);
  if (parent === folder || (await lstat(parent)).dev !== (await lstat(folder)).dev) return;
  await unlessCode(() => files.syncFolder(parent), ...NOT_REMOVABLE);
  await syncFoldersAbove(files, parent);
}

async function removeLeftovers(layout: Layout): Promise<void> {
  for (const staged of await entriesOf(layout.staging)) {
    const stats = await unlessCode(() => lstat(staged), "ENOENT");
    if (stats === undefined || stats.mtimeMs > Date.now() - STAGED_MAX_AGE_MS) continue;
    await unlessCode(() => moveToTrash(layout, staged), ...NOT_REMOVABLE);
  }
  for (const trashed of await entriesOf(layout.trash)) await removeTrashed(trashed);
}

/** Returns nothing if the folder is missing, or is a link, whose target does not belong to the store. */
async function entriesOf(folder: string): Promise<string[]> {
  const stats = await unlessCode(() => lstat(folder), "ENOENT");
  if (stats?.isDirectory() !== true) return [];
  return (await readdir(folder)).map((name) => join(folder, name));
}
