import { ThreadStoreError, type ThreadStore } from "@threadstore/core";
import { mapConcurrently } from "@threadstore/core/documents";
import type { Where } from "../cli/parameters.ts";
import { viewOf, walk, type WalkPosition } from "../walk/walk.ts";

/** A thread that is about to be deleted, and was counted. */
interface Pending {
  readonly namespaces: readonly string[];
  readonly id: string;
  readonly version: string;
  readonly size: number;
}

/** The state of an erase with filters, as JSON. The totals include the pending threads. */
export interface MatchingState {
  readonly threads: number;
  readonly bytes: number;
  readonly startedAt: string;
  /** The page to continue with, after the pending threads. */
  readonly position: WalkPosition | null;
  readonly pending: readonly Pending[];
}

interface Filters {
  readonly prefix: string | undefined;
  readonly where: Where | undefined;
}

interface Continuation {
  readonly earlier: MatchingState | undefined;
  readonly write: (state: MatchingState) => Promise<void>;
  readonly show: (threads: number) => void;
  readonly signal: AbortSignal;
}

interface Totals {
  readonly threads: number;
  readonly bytes: number;
  readonly startedAt: Date;
  readonly finishedAt: Date;
}

const PAGE_SIZE = 100;
const CONCURRENCY = 8;

/**
 * Deletes the threads that match the filters, in a store or view and all namespaces in it. The state is stored before each
 * page, with the threads that are deleted next, so that the totals are right however many of them have been deleted when
 * the process is killed.
 */
export async function eraseMatching(
  store: ThreadStore,
  filters: Filters,
  { earlier, write, show, signal }: Continuation,
): Promise<Totals> {
  let state: MatchingState = earlier ?? {
    threads: 0,
    bytes: 0,
    startedAt: new Date().toISOString(),
    position: null,
    pending: [],
  };
  state = await finishPending(store, filters, state, signal);
  const start = state.position ?? undefined;
  let position = state.position;
  for await (const page of walk(store, { ...filters, start, limit: PAGE_SIZE, signal })) {
    const pending = page.threads.map(({ id, version, size = 0 }) => {
      return { namespaces: page.namespaces, id, version, size };
    });
    const bytes = pending.reduce((sum, { size }) => sum + size, 0);
    // After a crash, the same page is listed again, now without what was deleted.
    state = {
      ...state,
      threads: state.threads + pending.length,
      bytes: state.bytes + bytes,
      position,
      pending,
    };
    await write(state);
    state = await finishPending(store, filters, state, signal);
    position = page.next ?? null;
    show(state.threads);
  }
  const { threads, bytes, startedAt } = state;
  return { threads, bytes, startedAt: new Date(startedAt), finishedAt: new Date() };
}

/** Deletes the pending threads. Those that no longer match, because they were saved meanwhile, do not count. */
async function finishPending(
  store: ThreadStore,
  filters: Filters,
  state: MatchingState,
  signal: AbortSignal,
): Promise<MatchingState> {
  const kept: Pending[] = [];
  await mapConcurrently(
    state.pending,
    async (pending) => {
      const view = viewOf(store, pending.namespaces);
      if (!(await deleteMatching(view, pending, filters, signal))) kept.push(pending);
    },
    CONCURRENCY,
  );
  const bytes = kept.reduce((sum, { size }) => sum + size, 0);
  return { ...state, threads: state.threads - kept.length, bytes: state.bytes - bytes, pending: [] };
}

/** Resolves with `false` if the thread exists and does not match anymore. */
async function deleteMatching(
  view: ThreadStore,
  { id, version }: Pending,
  filters: Filters,
  signal: AbortSignal,
): Promise<boolean> {
  let previous: string | undefined = version;
  for (;;) {
    try {
      await view.delete(id, { previous, signal });
      return true;
    } catch (error) {
      if (!ThreadStoreError.is(error, "CONFLICT")) throw error;
      if (error.currentVersion === undefined) return true;
    }
    previous = await matchingVersion(view, id, filters, signal);
    if (previous === undefined) return false;
  }
}

/** Resolves with the version of a thread if it matches the filters. */
async function matchingVersion(
  view: ThreadStore,
  id: string,
  { where }: Filters,
  signal: AbortSignal,
): Promise<string | undefined> {
  for await (const summary of view.list({ prefix: id, where, signal })) {
    if (summary.id === id) return summary.version;
  }
  return undefined;
}
