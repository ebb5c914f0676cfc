import { rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Disk } from "./disk.ts";
import { type Layout, namespaceFolder, unusedPath } from "./layout.ts";
import { renameToNew } from "./rename.ts";
import { lstat, readdir } from "./system-calls.ts";
import { hasCode, unlessCode } from "./system-error.ts";

const preparedLastsMs = 60 * 60 * 1000;
// Another user's, or open on Windows.
const notOurs = ["EACCES", "EPERM", "EBUSY"];
const sweepEveryMs = 10 * 60 * 1000;

/**
 * The first half of removing a folder: whoever still works in it fails at its next step, instead of finding
 * half of it. Resolves to where it is now; to `undefined` when it was not there.
 */
export async function moveToTrash(layout: Layout, folder: string): Promise<string | undefined> {
  const trash = unusedPath(layout.trash);
  try {
    await renameToNew(folder, trash);
    return trash;
  } catch (error) {
    // ENOENT may also mean that there is no trash folder, and that is a failure.
    const gone = hasCode(error, "ENOENT") && (await unlessCode(lstat(folder), "ENOENT")) === undefined;
    if (gone) return undefined;
    throw error;
  }
}

/**
 * The second half. Several processes may do it to one folder at the same time, and one may belong to another
 * user: what this leaves behind, a later sweep removes.
 */
export async function emptyTrash(trash: string): Promise<void> {
  await unlessCode(rm(trash, { recursive: true, force: true }), "ENOENT", "ENOTEMPTY", ...notOurs);
}

/**
 * To be called before every write: makes the folders that writes need, and from time to time removes what
 * crashed processes left.
 */
export function housekeeping(layout: Layout, disk: Disk): () => Promise<void> {
  let made: Promise<void> | undefined;
  let sweptAt = Number.NEGATIVE_INFINITY;

  async function make(): Promise<void> {
    const { prepared, trash, namespaces } = layout;
    for (const folder of [prepared, trash, namespaces, namespaceFolder(layout, "")]) {
      await disk.makeLastingFolder(folder);
    }
    // Another process may have made them, and the root as well, and have been killed before it synced them.
    await disk.sync(layout.root);
    await unlessCode(disk.sync(dirname(layout.root)), ...notOurs);
  }

  return async () => {
    made ??= make().catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    await made;
    if (performance.now() - sweptAt < sweepEveryMs) return;
    sweptAt = performance.now();
    await deleteExpired(layout);
  };
}

async function deleteExpired(layout: Layout): Promise<void> {
  for (const folder of await entriesOf(layout.prepared)) {
    const found = await unlessCode(lstat(folder), "ENOENT");
    if (found === undefined || found.mtimeMs > Date.now() - preparedLastsMs) continue;
    await unlessCode(moveToTrash(layout, folder), ...notOurs);
  }
  for (const folder of await entriesOf(layout.trash)) await emptyTrash(folder);
}

/** A link in the place of the folder is not followed: what it leads to is not ours to empty. */
async function entriesOf(folder: string): Promise<string[]> {
  if (!(await lstat(folder)).isDirectory()) return [];
  return (await readdir(folder)).map((name) => join(folder, name));
}
