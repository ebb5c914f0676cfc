import { ThreadStoreError, type ThreadSummary } from "@threadstore/core";
import {
  checkBooleans,
  checkedJobOptions,
  checkFunctions,
  mapConcurrently,
  type KnownNamespaces,
  nextPath,
  type OptionNames,
  viewAt,
} from "@threadstore/core/decorator";
import { decodeHead, mayExceed } from "../format/log.ts";
import { contextOf, type HistoryContext } from "../history-context.ts";
import type { HistoryStore } from "../history-store.ts";
import { decodePosition, encodePosition, type PrunePosition, type PruneTotals } from "./prune-position.ts";
import { endIn, pruneThread } from "./prune.ts";

/** The options of {@link pruneHistory}. */
export interface PruneHistoryOptions {
  /**
   * Whether to prune the namespaces below, too.
   * @default true
   */
  readonly namespaces?: boolean | undefined;
  /** The `cursor` of an earlier call for the same store that did not end. */
  readonly cursor?: string | undefined;
  /** Called after each page of threads. The call waits for the result, for example until the cursor is stored. */
  readonly onProgress?: ((progress: PruneProgress) => void | Promise<void>) | undefined;
  /** Aborts the call. Threads that are being pruned at that moment may or may not be pruned. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * The progress of a call, including those that it continues. If the process is killed, threads that were pruned since the
 * last cursor are not counted.
 */
export interface PruneProgress extends PruneTotals {
  /** When the first call started. */
  readonly startedAt: Date;
  /** When the last thread was pruned; `undefined` if the call has not ended. */
  readonly finishedAt: Date | undefined;
  /** Where to continue if the call does not end; `undefined` once it has ended. */
  readonly cursor: string | undefined;
}

const OPTION_NAMES: OptionNames<PruneHistoryOptions> = {
  namespaces: true,
  cursor: true,
  onProgress: true,
  signal: true,
};

const PAGE_SIZE = 100;
/** The number of threads that are pruned at a time, and so may be in memory. */
const CONCURRENCY = 4;

/**
 * Prunes the threads of a store or view, and of all namespaces below, so that text is removed from threads that are not
 * saved any more. Lists the threads, and loads those that have removed text for longer, or in more versions, than is
 * kept. Can be repeated and resumed at any time. Resolves with a receipt.
 *
 * Rejects with `INVALID_ARGUMENT`, or with any error of a call, except that corrupt threads are counted and kept.
 */
export async function pruneHistory(
  store: HistoryStore,
  options: PruneHistoryOptions = {},
): Promise<PruneProgress> {
  const { now } = contextOf(store).options;
  const { namespaces = true, cursor, onProgress, signal } = checkedJobOptions(options, OPTION_NAMES);
  checkBooleans({ namespaces });
  checkFunctions({ onProgress });
  const known: KnownNamespaces | undefined = namespaces ? new Map() : undefined;
  let position = decodePosition(cursor, now());
  for (;;) {
    signal?.throwIfAborted();
    const { totals, next } = await prunePage({ store, known, signal }, position);
    const progress = {
      ...totals,
      startedAt: new Date(position.startedAt),
      finishedAt: next === undefined ? new Date(Math.max(now(), position.startedAt)) : undefined,
      cursor: next && encodePosition(next),
    };
    await onProgress?.(progress);
    if (next === undefined) return progress;
    position = next;
  }
}

interface PruneWalk {
  readonly store: HistoryStore;
  /** `undefined` if the namespaces below are not pruned. */
  readonly known: KnownNamespaces | undefined;
  readonly signal: AbortSignal | undefined;
}

async function prunePage(
  { store, known, signal }: PruneWalk,
  { startedAt, path, cursor, totals: earlier }: PrunePosition,
): Promise<{ readonly totals: PruneTotals; readonly next: PrunePosition | undefined }> {
  const context = contextOf(viewAt(store, path));
  const page = await context.inner.listPage({ limit: PAGE_SIZE, cursor, metadata: true, signal });
  const listed = page.threads.filter((summary) => isCandidate(summary, context));
  const pruned = await mapConcurrently(listed, ({ id }) => prunedTotals(context, id, signal), CONCURRENCY);
  const corrupt = page.threads.filter((summary) => summary.corrupt).length;
  const totals = [...pruned, { ...NOTHING, corrupt }].reduce(addTotals, earlier);
  if (page.cursor !== undefined) return { totals, next: { startedAt, path, cursor: page.cursor, totals } };
  const following = known && (await nextPath(store, path, signal, known));
  return { totals, next: following && { startedAt, path: following, cursor: undefined, totals } };
}

const NOTHING: PruneTotals = { threads: 0, versions: 0, bytes: 0, corrupt: 0 };

function addTotals(one: PruneTotals, other: PruneTotals): PruneTotals {
  return {
    threads: one.threads + other.threads,
    versions: one.versions + other.versions,
    bytes: one.bytes + other.bytes,
    corrupt: one.corrupt + other.corrupt,
  };
}

/** Returns whether a thread may have text to remove. One whose head cannot be read is loaded, which reports it. */
function isCandidate({ metadata }: ThreadSummary, { options: { keep, now } }: HistoryContext): boolean {
  const end = metadata && endIn(metadata);
  if (end === undefined) return false;
  try {
    return mayExceed(decodeHead(end.head), keep, now());
  } catch {
    return true;
  }
}

async function prunedTotals(
  context: HistoryContext,
  id: string,
  signal: AbortSignal | undefined,
): Promise<PruneTotals> {
  try {
    const result = await pruneThread(context, id, { signal });
    if (result === undefined || result.versions === 0) return NOTHING;
    return { ...NOTHING, threads: 1, ...result };
  } catch (error) {
    if (ThreadStoreError.is(error, "CORRUPT")) return { ...NOTHING, corrupt: 1 };
    throw error;
  }
}
