import { dirname, join } from "node:path";
import { hasSystemErrorCode } from "@threadstore/core/driver";
import { namespaceFolder } from "./keys.ts";
import type { Layout } from "./layout.ts";
import type { DurableFiles } from "./system/durable-files.ts";
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
  prepare<Result>(write: () => Promise<Result>): Promise<Result>;
}

export function createMaintenance(layout: Layout, files: DurableFiles): Maintenance {
  let foldersCreated: Promise<void> | undefined;
  let cleanedUpAt = Number.NEGATIVE_INFINITY;

  async function createFolders(): Promise<void> {
    const { staging, trash, namespaces } = layout;
    for (const folder of [staging, trash, namespaces, namespaceFolder(layout, "")]) {
      await files.createDurableFolder(folder);
    }
    // Another process may have created the folders, and the root too, and been killed before it synced them.
    await files.syncFolder(layout.root);
    await unlessCode(files.syncFolder(dirname(layout.root)), ...NOT_REMOVABLE);
  }

  async function run(): Promise<void> {
    foldersCreated ??= createFolders().catch((error: unknown) => {
      foldersCreated = undefined;
      throw error;
    });
    await foldersCreated;
    if (performance.now() - cleanedUpAt < CLEAN_UP_INTERVAL_MS) return;
    cleanedUpAt = performance.now();
    await removeLeftovers(layout);
  }

  return {
    async prepare(write) {
      await run();
      try {
        return await write();
      } catch (error) {
        // Another program may have removed the folders. The error is UNAVAILABLE, so core tries again.
        if (hasSystemErrorCode(error, "ENOENT")) foldersCreated = undefined;
        throw error;
      }
    },
  };
}

async function removeLeftovers(layout: Layout): Promise<void> {
  for (const staged of await entriesOf(layout.staging)) {
    const stats = await unlessCode(lstat(staged), "ENOENT");
    if (stats === undefined || stats.mtimeMs > Date.now() - STAGED_MAX_AGE_MS) continue;
    await unlessCode(moveToTrash(layout, staged), ...NOT_REMOVABLE);
  }
  for (const trashed of await entriesOf(layout.trash)) await removeTrashed(trashed);
}

/** Returns nothing if the folder is missing, or is a link, whose target does not belong to the store. */
async function entriesOf(folder: string): Promise<string[]> {
  const stats = await unlessCode(lstat(folder), "ENOENT");
  if (stats?.isDirectory() !== true) return [];
  return (await readdir(folder)).map((name) => join(folder, name));
}
