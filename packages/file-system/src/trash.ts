import { rm } from "node:fs/promises";
import { hasSystemErrorCode } from "@threadstore/core/driver";
import { type Layout, unusedPath } from "./layout.ts";
import { renameToNew } from "./system/rename.ts";
import { lstat } from "./system/synchronous-io.ts";
import { NOT_REMOVABLE, unlessCode } from "./system/system-error.ts";

/**
 * Takes the first step of removing a folder: a process that still works in it fails at its next step instead of
 * finding a part of it. Resolves to the new path; to `undefined` if the folder does not exist.
 */
export async function moveToTrash(layout: Layout, folder: string): Promise<string | undefined> {
  const trashed = unusedPath(layout.trash);
  try {
    await renameToNew(folder, trashed);
    return trashed;
  } catch (error) {
    // ENOENT may also mean that the trash folder does not exist, which is a failure.
    const isGone =
      hasSystemErrorCode(error, "ENOENT") && (await unlessCode(() => lstat(folder), "ENOENT")) === undefined;
    if (isGone) return undefined;
    throw error;
  }
}

/**
 * Takes the second step. Several processes may remove one folder at the same time, and it may belong to another user:
 * maintenance removes later what this leaves.
 */
export async function removeTrashed(trashed: string): Promise<void> {
  await unlessCode(
    () => rm(trashed, { recursive: true, force: true }),
    "ENOENT",
    "ENOTEMPTY",
    ...NOT_REMOVABLE,
  );
}
