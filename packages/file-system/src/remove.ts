import { dirname, join } from "node:path";
import type { ThreadKey, Version } from "@threadstore/core";
import { emptyTrash, moveToTrash } from "./debris.ts";
import { afterDecision, lastingDecision } from "./explain.ts";
import { threadFolder } from "./layout.ts";
import type { Place } from "./place.ts";
import { rmdir } from "./system-calls.ts";
import { unlessCode } from "./system-error.ts";
import { isVersion } from "./version.ts";

/** Renames the folder of the current version away, and then removes it. */
export async function remove(place: Place, key: ThreadKey, expected: Version): Promise<boolean> {
  if (!isVersion(expected)) return false;
  const { layout, disk } = place;
  const thread = threadFolder(layout, key);
  await using names = await unlessCode(disk.openFolder(thread), "ENOENT");
  if (names === undefined) return false;
  const trash = await moveToTrash(layout, join(thread, expected));
  if (trash === undefined) return false;
  await lastingDecision(() => names.sync());
  await afterDecision(async () => {
    await removeIfEmpty(thread);
    await emptyTrash(trash);
    if (key.namespace !== "") await removeIfEmpty(dirname(thread));
  });
  return true;
}

/** An empty folder that stays is no thread, and a creation takes it over. */
async function removeIfEmpty(folder: string): Promise<void> {
  await unlessCode(rmdir(folder), "ENOENT", "ENOTEMPTY", "EEXIST", "EBUSY", "EPERM", "EACCES");
}
