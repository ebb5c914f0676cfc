import type { KnownNamespaces } from "../listing/known-namespaces.ts";
import { LISTING, type ListingOption } from "../listing/listing-option.ts";
import type { ListOptions, ThreadStore, ThreadSummary } from "../thread-store.ts";
import { invalidArgument } from "../validation/invalid-argument.ts";
import { checkBooleans, checkedJobOptions, checkFunctions, checkStore } from "../validation/job-options.ts";
import type { OptionNames } from "../validation/option-names.ts";
import { type CopiedStores, storesToCopy } from "./copied-store.ts";
import { type CopyPosition, type CopyTotals, decodePosition, encodePosition } from "./copy-position.ts";
import { type CopyContext, type CopyOutcome, copyThread } from "./copy-thread.ts";
import { namesOf, nextPath, viewAt } from "./namespace-walk.ts";
import { isWithin, sourceDigest } from "./store-location.ts";

export interface CopyOptions {
  /**
   * Whether to copy the namespaces below, too.
   * @default true
   */
  readonly namespaces?: boolean | undefined;
  /**
   * Whether to replace threads of the target that differ from those of the same id in the source. Otherwise, the copy
   * rejects with `CONFLICT` at the first one.
   * @default false
   */
  readonly overwrite?: boolean | undefined;
  /** The `cursor` of an earlier copy that did not end. Threads that it had copied since then are skipped. */
  readonly cursor?: string | undefined;
  /** Called after each page of threads. The copy waits for the result, for example until the cursor is stored. */
  readonly onProgress?: ((progress: CopyProgress) => void | Promise<void>) | undefined;
  /**
   * Called for each thread that is not copied because its record is corrupt, with the names of the namespaces that lead
   * to it: none for a thread of the copied namespace itself.
   */
  readonly onCorrupt?:
    | ((thread: { readonly namespaces: readonly string[]; readonly id: string }) => void)
    | undefined;
  /** Aborts the copy. Threads that are being copied at that moment may or may not be in the target. */
  readonly signal?: AbortSignal | undefined;
}

/** The progress of a copy, including the copies that it continues. */
export interface CopyProgress extends CopyTotals {
  /** Where to continue if the copy does not end; `undefined` once it has ended. */
  readonly cursor: string | undefined;
}

const OPTION_NAMES: OptionNames<CopyOptions> = {
  namespaces: true,
  overwrite: true,
  cursor: true,
  onProgress: true,
  onCorrupt: true,
  signal: true,
};

const PAGE_SIZE = 50;
/** The number of threads that are copied at a time, and so may be in memory. */
const CONCURRENCY = 4;

/**
 * Copies the threads of a store or view, and of all namespaces below, to another one: byte for byte, with their metadata,
 * expiry, and times of creation and update. Each thread is read back from the target and compared.
 *
 * A thread that the target already has exactly like that is skipped, so a copy can be repeated and resumed at any time.
 * It reads each thread once: saves after that are copied by repeating the copy with `overwrite: true`. It does not copy
 * deletes, nor threads that have expired or are corrupt.
 *
 * Rejects with `CONFLICT` if the target has another thread of the same id, unless `overwrite` is set, and with any error
 * of a load from `from` or a save to `to`.
 */
export async function copyThreads(
  from: ThreadStore,
  to: ThreadStore,
  options: CopyOptions = {},
): Promise<CopyProgress> {
  const checked = { ...checkedArguments(from, to, options), [LISTING]: {} };
  checkLocations(from, to, checked.namespaces ?? true);
  const source = sourceDigest(from);
  const stores = storesToCopy(from, to);
  const known: KnownNamespaces = new Map();
  let position = decodePosition(checked.cursor, source);
  for (;;) {
    const { totals, next } = await copyPage({ ...stores, known }, checked, position);
    const progress = { ...totals, cursor: next && encodePosition(next, source) };
    await checked.onProgress?.(progress);
    if (next === undefined) return progress;
    position = next;
  }
}

/** Returns a copy of the options. Throws `INVALID_ARGUMENT` unless all arguments are valid. */
function checkedArguments(from: unknown, to: unknown, options: unknown): CopyOptions {
  checkStore("from", from);
  checkStore("to", to);
  const copy = checkedJobOptions(options, OPTION_NAMES);
  checkBooleans({ namespaces: copy.namespaces, overwrite: copy.overwrite });
  checkFunctions({ onProgress: copy.onProgress, onCorrupt: copy.onCorrupt });
  return copy;
}

/** A copy to a namespace within the one that is copied would copy its own copies. */
function checkLocations(from: ThreadStore, to: ThreadStore, withNamespaces: boolean): void {
  if (from === to || (withNamespaces ? isWithin(to, from) : isWithin(to, from) && isWithin(from, to))) {
    throw invalidArgument(
      "`to` must not be `from` or a namespace in it. Copy to another store, or set `namespaces: false`.",
    );
  }
}

interface CopiedPage {
  readonly totals: CopyTotals;
  /** The page that follows; `undefined` after the last one. */
  readonly next: CopyPosition | undefined;
}

async function copyPage(
  { from, to, known }: CopiedStores & { readonly known: KnownNamespaces },
  {
    namespaces = true,
    overwrite = false,
    onCorrupt,
    signal,
    [LISTING]: listing,
  }: CopyOptions & ListingOption,
  { path, cursor, totals: earlier }: CopyPosition,
): Promise<CopiedPage> {
  const context = { source: viewAt(from, path), target: viewAt(to, path), overwrite, signal };
  const request: ListOptions & ListingOption = { limit: PAGE_SIZE, cursor, signal, [LISTING]: listing };
  const page = await context.source.listPage(request);
  const outcomes = await copyListed(context, page.threads);
  const names = namesOf(path);
  for (const [id, { kind }] of outcomes) if (kind === "corrupt") onCorrupt?.({ namespaces: names, id });
  const totals = addOutcomes(earlier, [...outcomes.values()]);
  if (page.cursor !== undefined) return { totals, next: { path, cursor: page.cursor, totals } };
  const following = namespaces ? await nextPath(from, path, signal, known) : undefined;
  return { totals, next: following && { path: following, cursor: undefined, totals } };
}

/** Copies the threads of a page, several at a time. After a failure, no further thread is started. */
async function copyListed(
  context: CopyContext,
  summaries: readonly ThreadSummary[],
): Promise<Map<string, CopyOutcome>> {
  const outcomes = new Map<string, CopyOutcome>();
  const queue = summaries.toReversed();
  const copyNext = async (): Promise<void> => {
    for (let summary = queue.pop(); summary !== undefined; summary = queue.pop()) {
      const { id, corrupt } = summary;
      outcomes.set(id, corrupt ? { kind: "corrupt" } : await copyThread(context, id));
    }
  };
  try {
    await Promise.all(Array.from({ length: CONCURRENCY }, copyNext));
  } finally {
    queue.length = 0;
  }
  return outcomes;
}

function addOutcomes(earlier: CopyTotals, outcomes: readonly CopyOutcome[]): CopyTotals {
  const count = (kind: CopyOutcome["kind"]): number => outcomes.filter((each) => each.kind === kind).length;
  const bytes = outcomes.reduce((sum, each) => sum + (each.kind === "copied" ? each.bytes : 0), 0);
  return {
    copied: earlier.copied + count("copied"),
    skipped: earlier.skipped + count("skipped"),
    corrupt: earlier.corrupt + count("corrupt"),
    bytes: earlier.bytes + bytes,
  };
}
