import type { ThreadStore, ThreadSummary, Version } from "@threadstore/core";
import {
  type KnownNamespaces,
  namesOf,
  nextPath,
  type Path,
  storesToCopy,
  viewAt,
} from "@threadstore/core/decorator";
import { mapConcurrently, repeatAfterConflict, unlessConflict } from "@threadstore/core/documents";
import type { Unit } from "../placement/placements.ts";
import { copyOne, corruptThread } from "./copy-one.ts";

const PAGE_SIZE = 500;
/** The number of threads that are copied at a time, and so may be in memory. */
const CONCURRENCY = 4;

/** A unit in its present store, and in the store to which it is moved. */
export interface UnitCopy {
  readonly unit: Unit;
  readonly from: ThreadStore;
  readonly to: ThreadStore;
  readonly signal: AbortSignal;
  /** Called before a page of threads is changed. Rejects if this job may no longer do that. */
  readonly check: () => Promise<void>;
  /** Called before each thread is copied. Checks again if the last check was long ago, as after the process was suspended. */
  readonly recheck: () => Promise<void>;
  readonly onPage: (changes: Changes) => Promise<void>;
}

/** The changes of one pass. */
export interface Changes {
  /** The threads that were written to the target, and the sum of their sizes. */
  readonly copied: number;
  readonly bytes: number;
  /** The threads that were deleted, because the source does not have them. */
  readonly deleted: number;
}

/** The versions in the source of the threads that the target has, by namespaces and id. */
export type KnownVersions = ReadonlyMap<string, Version>;

/**
 * Copies the threads of a unit whose versions in the source are not `known`. Resolves with the versions that the target has
 * afterwards, and the number of threads that were written.
 */
export async function copyUnit(
  copy: UnitCopy,
  known: KnownVersions,
): Promise<{ readonly versions: KnownVersions; readonly copied: number }> {
  const { source, target } = viewsOf(copy);
  const versions = new Map<string, Version>();
  let total = 0;
  for await (const { path, threads } of pagesOf(source, copy)) {
    await copy.check();
    const context = { source: viewAt(source, path), target: viewAt(target, path), signal: copy.signal };
    const names = namesOf(path);
    let [copied, bytes] = [0, 0];
    await mapConcurrently(
      threads,
      async ({ id, version, corrupt }) => {
        if (corrupt) throw corruptThread(id);
        const key = keyOf(names, id);
        if (known.get(key) === version) {
          versions.set(key, version);
          return;
        }
        // A job that this job has replaced may also write to the target until it notices.
        const result = await repeatAfterConflict(async () => {
          await copy.recheck();
          return copyOne(context, id);
        }, copy.signal);
        if (result.version !== undefined) versions.set(key, result.version);
        if (result.wasCopied) [copied, bytes] = [copied + 1, bytes + result.bytes];
      },
      CONCURRENCY,
    );
    total += copied;
    await copy.onPage({ copied, bytes, deleted: 0 });
  }
  return { versions, copied: total };
}

/** Deletes the threads of the target that are not among `versions`: those that were deleted in the source. */
export async function deleteOthers(copy: UnitCopy, versions: KnownVersions): Promise<void> {
  const { target } = viewsOf(copy);
  let conflicts: number;
  do {
    conflicts = 0;
    for await (const { path, threads } of pagesOf(target, copy)) {
      const names = namesOf(path);
      const others = threads.filter(({ id }) => !versions.has(keyOf(names, id)));
      conflicts += await deleteListed(copy, viewAt(target, path), others);
    }
    // A job that this job has replaced may have written to the target at the same time.
  } while (conflicts > 0);
}

/** Deletes a unit from a store that does not have it any more. */
export async function deleteUnit(copy: Omit<UnitCopy, "to">): Promise<void> {
  const { unit, from, signal } = copy;
  const view = unit === "" ? from : from.namespace(unit);
  for await (const { path, threads, isLast } of pagesOf(view, copy)) {
    const namespace = viewAt(view, path);
    await deleteListed(copy, namespace, threads);
    // Listings do not contain expired threads.
    if (isLast) await deleteAllExpired(namespace, signal);
  }
}

async function deleteAllExpired(view: ThreadStore, signal: AbortSignal): Promise<void> {
  let cursor: string | undefined;
  do {
    ({ cursor } = await view.deleteExpired({ cursor, signal }));
  } while (cursor !== undefined);
}

/**
 * Deletes threads at the listed versions. The check follows the listing, because a job that was replaced while it was
 * suspended may have listed the threads of the store that has the unit now, with their current versions. Resolves with
 * the number of threads that had another version, or were deleted by another client.
 */
async function deleteListed(
  { signal, check, onPage }: Pick<UnitCopy, "signal" | "check" | "onPage">,
  view: ThreadStore,
  threads: readonly ThreadSummary[],
): Promise<number> {
  if (threads.length === 0) return 0;
  await check();
  const outcomes = await mapConcurrently(
    threads,
    async (summary) => unlessConflict(view.delete(summary.id, { previous: summary, signal })),
    CONCURRENCY,
  );
  const deleted = outcomes.filter((existed) => existed !== undefined).length;
  await onPage({ copied: 0, bytes: 0, deleted });
  return threads.length - deleted;
}

/**
 * Returns the views between which threads are copied: below layers that keep more than they return, such as older
 * versions.
 */
function viewsOf({ unit, from, to }: Pick<UnitCopy, "unit" | "from" | "to">): {
  readonly source: ThreadStore;
  readonly target: ThreadStore;
} {
  const view = (store: ThreadStore): ThreadStore => (unit === "" ? store : store.namespace(unit));
  const { from: source, to: target } = storesToCopy(view(from), view(to));
  return { source, target };
}

interface Page {
  readonly path: Path;
  readonly threads: readonly ThreadSummary[];
  /** Whether it is the last page of its namespace. */
  readonly isLast: boolean;
}

/** Lists the threads of a unit: of all namespaces in it or, without a namespace, only those directly in the store. */
async function* pagesOf(
  view: ThreadStore,
  { unit, signal }: Pick<UnitCopy, "unit" | "signal">,
): AsyncGenerator<Page, void, undefined> {
  const known: KnownNamespaces = new Map();
  let path: Path | undefined = [];
  while (path !== undefined) {
    const namespace = viewAt(view, path);
    let cursor: string | undefined;
    do {
      const page = await namespace.listPage({ limit: PAGE_SIZE, cursor, signal });
      ({ cursor } = page);
      yield { path, threads: page.threads, isLast: cursor === undefined };
    } while (cursor !== undefined);
    path = unit === "" ? undefined : await nextPath(view, path, signal, known);
  }
}

function keyOf(names: readonly string[], id: string): string {
  return JSON.stringify([...names, id]);
}
