import type { Version } from "@threadstore/core";
import { andThen, type MaybePromise } from "@threadstore/core/driver";
import { steps, wait } from "./system/steps.ts";
import { readdir } from "./system/synchronous-io.ts";
import { unlessCode } from "./system/system-error.ts";
import { isVersion, type Location, locationOf } from "./version.ts";

export interface CurrentVersion<Content> {
  readonly version: Version;
  /** `undefined` if a segment of the record is missing, so that the record is corrupt. */
  readonly content: Content | undefined;
}

/**
 * Reads the current record of a thread. `read` gets its version and where the record ends, and must fail with
 * `ENOENT` if a save or delete has renamed the version's folder; the current version is then looked up again. Every
 * file that `read` opens in that folder belonged to the current record at that moment.
 */
export function readCurrentVersion<Content>(
  thread: string,
  signal: AbortSignal,
  read: (version: Version, location: Location) => MaybePromise<Content>,
): MaybePromise<CurrentVersion<Content> | undefined> {
  return steps(function* () {
    let previousVersions: Version[] | undefined;
    for (;;) {
      signal.throwIfAborted();
      const versions = yield* wait(listVersions(thread));
      if (versions === undefined) return undefined;
      // POSIX does not say whether a listing during a rename shows the old name, the new one, both or none.
      if (versions.length === 0 && previousVersions?.length === 0) return undefined;
      for (const version of versions) {
        const location = locationOf(version);
        if (location === undefined) continue;
        // Versions never repeat, so a version that is still listed after its record was not found has lost the record.
        if (previousVersions?.includes(version)) return { version, content: undefined };
        const content = yield* wait(unlessCode(() => read(version, location), "ENOENT"));
        if (content !== undefined) return { version, content };
      }
      previousVersions = versions;
    }
  });
}

/** Returns the versions in a thread's folder, at most one; `undefined` if the folder does not exist. */
export function listVersions(thread: string): MaybePromise<Version[] | undefined> {
  return andThen(
    unlessCode(() => readdir(thread), "ENOENT"),
    (names) => names?.filter((name) => isVersion(name)),
  );
}

export async function hasVersion(thread: string): Promise<boolean> {
  return ((await listVersions(thread)) ?? []).length > 0;
}
