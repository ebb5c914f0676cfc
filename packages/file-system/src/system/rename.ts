import { hasSystemErrorCode, type MaybePromise } from "@threadstore/core/driver";
import { catching } from "./steps.ts";
import { lstat, rename } from "./synchronous-io.ts";
import { unlessCode } from "./system-error.ts";

// A rename that reports EIO may have taken place. If a look at the paths shows that it did, it counts as done and is
// synced like any other. Otherwise core would read the record back and report it as durable without a sync.

/** Renames to a path that has never existed. */
export function renameToNew(from: string, to: string): MaybePromise<void> {
  return renameAndVerify(from, to, () => exists(to));
}

/** Renames a path that no other process renames. */
export async function renameOwn(from: string, to: string): Promise<void> {
  await renameAndVerify(from, to, async () => !(await exists(from)));
}

function renameAndVerify(
  from: string,
  to: string,
  hasTakenPlace: () => Promise<boolean>,
): MaybePromise<void> {
  return catching(
    () => rename(from, to),
    async (error) => {
      if (!hasSystemErrorCode(error, "EIO") || !(await hasTakenPlace())) throw error;
    },
  );
}

async function exists(path: string): Promise<boolean> {
  return (await unlessCode(() => lstat(path), "ENOENT")) !== undefined;
}
