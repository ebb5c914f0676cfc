import type { Layout } from "../layout.ts";
import type { SegmentContext } from "../segments/segment-writer.ts";

// Every write commits with one rename of a folder. The folder is named after the thread's version, which no folder had
// before or will have again, so the rename succeeds only while that version is current.
// docs/decisions/0006-files-without-locks.md has the complete argument.

/** The parts of the driver that a write uses, and the signal of its call. */
export interface WriteContext extends SegmentContext {
  readonly layout: Layout;
  readonly signal: AbortSignal;
}
