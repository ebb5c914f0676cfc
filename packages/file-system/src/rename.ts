import { lstat, rename } from "./system-calls.ts";
import { hasCode, unlessCode } from "./system-error.ts";

// A rename that reports EIO may have taken place. Where that can be told it counts as done, so that it is synced as any
// other; core would find it, too, and take it for lasting.

/** Renames to a name that nothing had before. */
export async function renameToNew(from: string, to: string): Promise<void> {
  await renameUnless(from, to, () => exists(to));
}

/** Renames what is nobody else's to rename. */
export async function renameOwn(from: string, to: string): Promise<void> {
  await renameUnless(from, to, async () => !(await exists(from)));
}

async function renameUnless(from: string, to: string, tookPlace: () => Promise<boolean>): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (!hasCode(error, "EIO") || !(await tookPlace())) throw error;
  }
}

async function exists(path: string): Promise<boolean> {
  return (await unlessCode(lstat(path), "ENOENT")) !== undefined;
}
