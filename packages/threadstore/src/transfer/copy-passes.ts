import type { ThreadStore } from "@threadstore/core";
import { type CopyProgress, copyThreads } from "@threadstore/core/maintenance";
import { threadName } from "../output/format.ts";
import type { StateFile } from "../state/state-file.ts";
import { changedSince } from "./changed-since.ts";

/** The numbers of a pass. */
export type PassTotals = Omit<CopyProgress, "cursor">;

/** The state of a copy, as JSON. */
export interface CopyState {
  /** When the first pass started. */
  readonly startedAt: string;
  /** The totals of the first pass, once it has ended. */
  readonly first: PassTotals | null;
  /** Where the current pass continues. */
  readonly cursor: string | null;
  /** Whether the copy replaces threads of the target: also if the target was empty, so that they are its own copies. */
  readonly overwrite: boolean;
}

export interface CopyTask {
  readonly from: ThreadStore;
  readonly to: ThreadStore;
  /** Only threads that were saved since then. */
  readonly since: Date | undefined;
  readonly signal: AbortSignal;
  readonly state: StateFile<CopyState>;
  /** Called after each page; the copy waits for it. */
  readonly onProgress: (pass: 1 | 2, progress: PassTotals) => Promise<void>;
  readonly onCorrupt: (name: string) => void;
}

export interface CopyTotals {
  readonly startedAt: Date;
  readonly first: PassTotals;
  readonly second: PassTotals;
}

/** The difference up to which a later pass finds the threads of writers with other clocks, in milliseconds. */
export const CLOCK_TOLERANCE_MS = 3_600_000;

/** Copies all threads, and then those that were saved since the first pass started. */
export async function copyInPasses(task: CopyTask, start: CopyState): Promise<CopyTotals> {
  const startedAt = new Date(start.startedAt);
  // Stored before the first thread is copied, after which the target is not empty.
  await task.state.write(start);
  const first = start.first ?? (await copyPass(task, { number: 1, since: task.since }, start));
  const changedAt = new Date(startedAt.getTime() - CLOCK_TOLERANCE_MS);
  const since = task.since !== undefined && task.since > changedAt ? task.since : changedAt;
  const next = start.first === null ? { ...start, first, cursor: null } : start;
  await task.state.write(next);
  const second = await copyPass(task, { number: 2, since }, next);
  return { startedAt, first, second };
}

/** Copies the threads once, or those that were saved since a time. */
async function copyPass(
  { from, to, signal, state: file, onProgress, onCorrupt }: CopyTask,
  { number, since }: { readonly number: 1 | 2; readonly since: Date | undefined },
  state: CopyState,
): Promise<PassTotals> {
  const source = since === undefined ? from : changedSince(from, since);
  const { cursor: _, ...totals } = await copyThreads(source, to, {
    overwrite: state.overwrite,
    cursor: state.cursor ?? undefined,
    signal,
    onCorrupt: ({ namespaces, id }) => onCorrupt(threadName(namespaces, id)),
    async onProgress({ cursor, ...progress }) {
      if (cursor !== undefined) await file.write({ ...state, cursor });
      await onProgress(number, progress);
    },
  });
  return totals;
}
