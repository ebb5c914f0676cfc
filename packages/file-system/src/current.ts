import type { Version } from "@threadstore/core";
import { readdir } from "./system-calls.ts";
import { unlessCode } from "./system-error.ts";
import { isVersion, type Location, locationOf } from "./version.ts";

export interface Found<Content> {
  readonly version: Version;
  /** `undefined`: the a segment of the record is missing, which is damage. */
  readonly content: Content | undefined;
}

/**
 * Reads from the record that is current. `read` gets its version and rejects with `ENOENT` when a save or
 * delete has renamed the folder of that name in the meantime; then this looks again. Whatever `read` opens
 * below that name was the current record at that moment.
 */
export async function readCurrent<Content>(
  thread: string,
  signal: AbortSignal,
  read: (version: Version, last: Location) => Promise<Content>,
): Promise<Found<Content> | undefined> {
  let before: Version[] | undefined;
  for (;;) {
    signal.throwIfAborted();
    const versions = await listVersions(thread);
    if (versions === undefined) return undefined;
    // POSIX leaves it open whether a listing during a rename shows the old name, the new one, both or none.
    if (versions.length === 0 && before?.length === 0) return undefined;
    for (const version of versions) {
      const last = locationOf(version);
      if (last === undefined) continue;
      // A version never comes back. Listed again after its record was not found, it has none.
      if (before?.includes(version)) return { version, content: undefined };
      const content = await unlessCode(read(version, last), "ENOENT");
      if (content !== undefined) return { version, content };
    }
    before = versions;
  }
}

/** The names that are versions in a thread's folder: one, or none. `undefined` when there is no such folder. */
export async function listVersions(thread: string): Promise<Version[] | undefined> {
  const names = await unlessCode(readdir(thread), "ENOENT");
  return names?.filter((name) => isVersion(name));
}

/** Whether a thread is in its folder. */
export async function hasVersion(thread: string): Promise<boolean> {
  return ((await listVersions(thread)) ?? []).length > 0;
}
