import { dirname, join } from "node:path";
import type { Version } from "@threadstore/core";
import type { ThreadKey } from "@threadstore/core/driver";
import { threadFolder } from "../keys.ts";
import { rmdir } from "../system/synchronous-io.ts";
import { NOT_REMOVABLE, unlessCode } from "../system/system-error.ts";
import { moveToTrash, removeTrashed } from "../trash.ts";
import { isVersion } from "../version.ts";
import { cleanUpAfterCommit, syncCommit } from "./commit-point.ts";
import type { WriteContext } from "./write-context.ts";

/** Renames the folder of the current version into the trash and removes it there. */
export async function deleteRecord(
  { layout, files }: WriteContext,
  key: ThreadKey,
  expectedVersion: Version,
): Promise<boolean> {
  if (!isVersion(expectedVersion)) return false;
  const thread = threadFolder(layout, key);
  using openThread = await unlessCode(() => files.openFolder(thread), "ENOENT");
  if (openThread === undefined) return false;
  const trashed = await moveToTrash(layout, join(thread, expectedVersion));
  if (trashed === undefined) return false;
  await syncCommit(() => openThread.sync());
  await cleanUpAfterCommit(async () => {
    await removeIfEmpty(thread);
    await removeTrashed(trashed);
    if (key.namespace !== "") await removeIfEmpty(dirname(thread));
  });
  return true;
}

/** An empty folder that remains is not a thread, and the next creation reuses it. */
async function removeIfEmpty(folder: string): Promise<void> {
  await unlessCode(() => rmdir(folder), "ENOENT", "ENOTEMPTY", "EEXIST", ...NOT_REMOVABLE);
}
