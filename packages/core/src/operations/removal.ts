import { ThreadStoreError } from "../errors.ts";
import type { KnownNamespaces } from "../listing/known-namespaces.ts";
import { LISTING, type ListingOption } from "../listing/listing-option.ts";
import { mapConcurrently } from "../runtime/map-concurrently.ts";
import type { IntactThreadSummary, ListOptions, ThreadStore, ThreadSummary } from "../thread-store.ts";
import { LEASE_NAMESPACE } from "../validation/names.ts";
import { namesOf, nextPath, viewAt } from "./namespace-walk.ts";
import type { PreparedRemoval, RemovalResult } from "./removal-options.ts";
import { encodeState, type RemovalState, type Target, targetOfCorrupt } from "./removal-state.ts";

/** A job that deletes some of the threads of a store. */
export interface Removal extends PreparedRemoval {
  /** Whether `select` needs metadata. */
  readonly needsMetadata: boolean;
  /** Whether to delete corrupt records, too, instead of keeping them. */
  readonly deletesCorrupt: boolean;
  /** Whether to start over until a pass does not find anything. */
  readonly repeats: boolean;
  readonly select: Select;
}

/** Selects the threads to delete from those of a page, and from the newest ones of earlier pages of the namespace. */
export type Select = (
  threads: readonly IntactThreadSummary[],
  newest: readonly Target[],
) => { readonly targets: readonly Target[]; readonly newest: readonly Target[] };

/** A call that runs a removal. */
interface Run extends Removal {
  readonly known: KnownNamespaces;
  /** When the call stops, on the clock of `performance.now()`. */
  readonly stopAt: number;
  readonly listing: object;
  /** The number of passes that this call may end. */
  passesLeft: number;
}

const PAGE_SIZE = 100;
/** The number of threads that are deleted at a time. Decorators may load a thread to delete it. */
const CONCURRENCY = 8;
/** If clients keep saving threads that match, a call must not run forever. */
const MAX_PASSES = 10;
/**
 * The limits of the time for a call of `deleteExpired`, which stops after half of it. A shorter call could fail before its
 * first page, and so would each call that continues.
 */
const [EXPIRED_MIN_MS, EXPIRED_MAX_MS] = [10_000, 30_000];

/** Deletes the selected threads, namespace by namespace. */
export async function runRemoval(removal: Removal): Promise<RemovalResult> {
  const { state, now, options, owner } = removal;
  const stopAt = performance.now() + (options.stopAfterMs ?? Number.POSITIVE_INFINITY);
  const run: Run = { ...removal, known: new Map(), listing: {}, stopAt, passesLeft: MAX_PASSES };
  let outcome: Outcome;
  do outcome = await advance(run);
  while (outcome === "continues" && performance.now() < stopAt);
  const isFinished = outcome === "finished";
  return {
    ...state.totals,
    startedAt: new Date(state.startedAt),
    finishedAt: isFinished ? new Date(Math.max(state.startedAt, now())) : undefined,
    cursor: isFinished ? undefined : encodeState(state, owner),
  };
}

type Outcome = "continues" | "stops" | "finished";

/** Takes one step: what an earlier call has left of a page, a page, or a call of `deleteExpired`. */
async function advance(run: Run): Promise<Outcome> {
  const { state } = run;
  if (state.pending.length > 0) {
    await deletePending(run, "resumed");
    return "continues";
  }
  if (state.phase === "threads") {
    await removePage(run);
    return "continues";
  }
  await removeExpired(run);
  return state.cursor === undefined ? startNext(run) : "continues";
}

/** Starts the next namespace, or the next pass. */
async function startNext(run: Run): Promise<Outcome> {
  const { store, state, options, repeats, known } = run;
  const isDeep = options.namespaces ?? true;
  const path = isDeep ? await nextPath(store, state.path, options.signal, known) : undefined;
  startNamespace(state, path ?? []);
  if (path !== undefined) return "continues";
  if (!repeats || !state.hasFound || options.dryRun === true) return "finished";
  state.hasFound = false;
  // Counted again by the next pass, because they may have been deleted or replaced.
  state.totals = { ...state.totals, corrupt: 0 };
  run.passesLeft -= 1;
  return run.passesLeft > 0 ? "continues" : "stops";
}

function startNamespace(state: RemovalState, path: RemovalState["path"]): void {
  state.path = path;
  // Leases belong to runs in progress, and expire by themselves.
  state.phase = path.at(-1)?.name === LEASE_NAMESPACE ? "expired" : "threads";
  state.cursor = undefined;
  state.newest = [];
}

/** Lists a page and deletes the selected threads. */
async function removePage(run: Run): Promise<void> {
  const { state, options, needsMetadata, owner } = run;
  const { dryRun = false, onProgress, signal } = options;
  const view = viewAt(run.store, state.path);
  const { prefix } = options;
  const request: ListOptions & ListingOption = {
    limit: PAGE_SIZE,
    cursor: state.cursor,
    prefix,
    metadata: needsMetadata,
    signal,
    [LISTING]: run.listing,
  };
  const page = await view.listPage(request);
  const corrupt = page.threads.filter((thread) => thread.corrupt);
  const selected = run.select(
    page.threads.filter((thread) => !thread.corrupt),
    state.newest,
  );
  const { newest } = selected;
  const targets = run.deletesCorrupt
    ? [...selected.targets, ...corrupt.map(targetOfCorrupt)]
    : selected.targets;
  if (!run.deletesCorrupt) reportCorrupt(run, corrupt);
  state.hasFound ||= targets.length > 0;
  state.newest = newest;
  state.cursor = page.cursor;
  if (page.cursor === undefined) state.phase = "expired";
  if (dryRun) for (const target of targets) countThread(run, target);
  else state.pending = targets;
  // Before the page is deleted, so that a call that continues from the cursor knows what may have been deleted.
  await onProgress?.({ ...state.totals, namespaces: namesOf(state.path), cursor: encodeState(state, owner) });
  await deletePending(run, "listed");
}

/** Counts and reports the corrupt records of a page, which are kept. */
function reportCorrupt({ state, options }: Run, corrupt: readonly ThreadSummary[]): void {
  for (const { id } of corrupt) options.onCorrupt?.({ namespaces: namesOf(state.path), id });
  const { totals } = state;
  state.totals = { ...totals, corrupt: totals.corrupt + corrupt.length };
}

/**
 * Deletes the pending threads, until the time is over. Of a page that was `"resumed"`, a thread that no longer exists
 * counts, because it was deleted before the call was interrupted.
 */
async function deletePending(run: Run, origin: "listed" | "resumed"): Promise<void> {
  const { state, stopAt, options } = run;
  const view = viewAt(run.store, state.path);
  const remaining = new Set(state.pending);
  let hasDeleted = false;
  const work = async (target: Target): Promise<void> => {
    // Checked after a deletion, so that every call advances.
    if (hasDeleted && performance.now() >= stopAt) return;
    options.signal?.throwIfAborted();
    const outcome = await deleteTarget(view, target, options.signal);
    hasDeleted = true;
    remaining.delete(target);
    if (outcome === "deleted" || (outcome === "missing" && origin === "resumed")) countThread(run, target);
  };
  await mapConcurrently(state.pending, work, CONCURRENCY);
  state.pending = [...remaining];
}

function countThread({ state, options }: Run, { id, size }: Target): void {
  const { totals } = state;
  state.totals = { ...totals, threads: totals.threads + 1, bytes: totals.bytes + size };
  options.onThread?.({ namespaces: namesOf(state.path), id });
}

/** Resolves with `"changed"` if the thread has another version, which was saved since the thread was listed. */
async function deleteTarget(
  view: ThreadStore,
  { id, version }: Target,
  signal: AbortSignal | undefined,
): Promise<"deleted" | "missing" | "changed"> {
  let isUncertain = false;
  for (;;) {
    try {
      await view.delete(id, { previous: version, signal });
      return "deleted";
    } catch (error) {
      if (ThreadStoreError.is(error, "OUTCOME_UNKNOWN") && !isUncertain) {
        isUncertain = true;
        continue;
      }
      if (!ThreadStoreError.is(error, "CONFLICT")) throw error;
      if (error.currentVersion !== undefined) return "changed";
      // The response to the first request was lost, and the thread is gone.
      return isUncertain ? "deleted" : "missing";
    }
  }
}

/** Removes the bytes of expired threads, which listings do not contain. In a dry run, only counts them. */
async function removeExpired({ store, state, stopAt, options }: Run): Promise<void> {
  const timeLeft = 2 * (stopAt - performance.now());
  const timeoutMs = Number.isFinite(timeLeft)
    ? Math.min(Math.max(timeLeft, EXPIRED_MIN_MS), EXPIRED_MAX_MS)
    : undefined;
  const { dryRun, signal } = options;
  const view = viewAt(store, state.path);
  const result = await view.deleteExpired({ cursor: state.cursor, dryRun, timeoutMs, signal });
  state.totals = { ...state.totals, expired: state.totals.expired + result.deleted };
  state.cursor = result.cursor;
}
