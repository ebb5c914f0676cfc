import type { ThreadStore, ThreadSummary } from "@threadstore/core";
import { type KnownNamespaces, nextPath, type Path, viewAt } from "@threadstore/core/decorator";
import type { ResealOptions } from "./reseal-options.ts";
import { isCurrent, keyIdOfHead } from "./reseal-thread.ts";
import { resealedStore } from "./resealed-store.ts";

/** The options of {@link countKeys}: those of `reseal` that select the threads to encrypt. */
export type CountKeysOptions = Pick<ResealOptions, "keys" | "metadata" | "all" | "namespaces" | "signal">;

/** The threads that are encrypted with one key. */
export interface KeyCount {
  /** The id of the key; `undefined` for threads that are not encrypted. */
  readonly keyId: string | undefined;
  readonly threads: number;
  /** The number of those that `reseal` would encrypt again. */
  readonly outdated: number;
}

/** The number of threads of each key, the most frequent first. Plain data. */
export interface KeyCounts {
  readonly keys: readonly KeyCount[];
  /** The number of threads whose listing is corrupt. */
  readonly corrupt: number;
}

const PAGE_SIZE = 1000;

/**
 * Counts the threads of each key, and thereby the work of `reseal` with the same arguments. Only reads listings, so it
 * does not find corrupt contents. Rejects with `INVALID_ARGUMENT`, or with any error of a listing.
 */
export async function countKeys(store: ThreadStore, options: CountKeysOptions = {}): Promise<KeyCounts> {
  const { inner, keys, isSealed, all, namespaces, signal } = resealedStore(store, options);
  // A provider may know only then which keys are current.
  await keys.currentKey();
  const counts = new Map<string | undefined, { threads: number; outdated: number }>();
  let corrupt = 0;
  const include = (summary: ThreadSummary): void => {
    if (summary.corrupt) {
      corrupt += 1;
      return;
    }
    const { metadata = {} } = summary;
    const keyId = keyIdOfHead(metadata);
    const count = counts.get(keyId) ?? { threads: 0, outdated: 0 };
    count.threads += 1;
    if (all || !isCurrent({ keys, isSealed }, metadata)) count.outdated += 1;
    counts.set(keyId, count);
  };
  const known: KnownNamespaces = new Map();
  let path: Path | undefined = [];
  let cursor: string | undefined;
  while (path !== undefined) {
    const view: ThreadStore = viewAt(inner, path);
    const page = await view.listPage({ limit: PAGE_SIZE, cursor, metadata: true, signal });
    page.threads.forEach(include);
    ({ cursor } = page);
    if (cursor === undefined) path = namespaces ? await nextPath(inner, path, signal, known) : undefined;
  }
  const entries = [...counts].toSorted(([, left], [, right]) => right.threads - left.threads);
  return { keys: entries.map(([keyId, count]) => ({ keyId, ...count })), corrupt };
}
