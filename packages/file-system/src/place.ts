import type { Disk } from "./disk.ts";
import type { Layout } from "./layout.ts";
import type { OwnSegments } from "./segments.ts";

// A write comes down to one rename of a folder, which decides it. The folder's name is the thread's version,
// which no folder had before or will have again, so the rename succeeds only while that version is current.
// docs/decisions/0006-files-without-locks.md has the whole argument.

/** Where and how one call writes. */
export interface Place {
  readonly layout: Layout;
  readonly disk: Disk;
  readonly segments: OwnSegments;
  readonly signal: AbortSignal;
}
