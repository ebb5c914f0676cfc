import type { ThreadStore, ThreadSummary } from "@threadstore/core";
import {
  type KnownNamespaces,
  mapConcurrently,
  namesOf,
  nextPath,
  sourceDigest,
  viewAt,
} from "@threadstore/core/decorator";
import type { KeyProvider } from "../keys/key-provider.ts";
import { withEncryption } from "../with-encryption.ts";
import type { ResealOptions, ResolvedResealOptions } from "./reseal-options.ts";
import {
  decodePosition,
  encodePosition,
  type ResealPosition,
  type ResealProgress,
  type ResealTotals,
} from "./reseal-position.ts";
import { type ResealOutcome, resealThread } from "./reseal-thread.ts";
import { resealedStore } from "./resealed-store.ts";

const PAGE_SIZE = 50;
/** The number of threads that are encrypted at a time, and so may be in memory. */
const CONCURRENCY = 4;

/**
 * Encrypts the threads of a store that do not have the current key, and with `migrating` those that are not encrypted.
 * `store` has encryption, directly or below other layers, or it is the one that is passed to `withEncryption`, or a view of
 * it, and the option `keys` is set. It stays open. Each thread is saved with the loaded version as the precondition, so that no concurrent change is lost, and keeps its metadata, its expiry, and the
 * times of creation and update. The job can be interrupted and repeated at any time.
 *
 * Rejects with `INVALID_ARGUMENT` for invalid arguments, and with any error of a listing, load or save, except for
 * corrupt threads, which are counted. Once the keys of all processes have the same current key, a job that has finished
 * leaves no thread with another one.
 */
export async function reseal(store: ThreadStore, options: ResealOptions = {}): Promise<ResealProgress> {
  const { inner, ...resolved } = resealedStore(store, options);
  const source = sourceDigest(inner);
  let position = decodePosition(resolved.cursor, source);
  // A provider may know only then which keys are current.
  await resolved.keys.currentKey();
  const plain = alwaysEncrypting(inner, resolved, "plain");
  const sealed = alwaysEncrypting(inner, resolved, "sealed");
  const encrypted = (isSealed: boolean): ThreadStore => (isSealed ? sealed : plain);
  const known: KnownNamespaces = new Map();
  for (;;) {
    const { totals, next } = await resealPage({ store: inner, encrypted, known }, resolved, position);
    const progress = {
      ...totals,
      startedAt: new Date(position.startedAt),
      finishedAt: next === undefined ? new Date() : undefined,
      cursor: next && encodePosition(next, source),
    };
    await resolved.onProgress?.(progress);
    if (next === undefined) return progress;
    position = next;
  }
}

/** Returns a store that encrypts each thread as a whole with the current key when it is saved. */
function alwaysEncrypting(
  store: ThreadStore,
  { keys, migrating, missingKeys }: ResolvedResealOptions,
  metadata: "plain" | "sealed",
): ThreadStore {
  const outdated: KeyProvider = {
    currentKey: () => keys.currentKey(),
    findKey: (id, wrapped) => keys.findKey(id, wrapped),
    isCurrent: () => false,
  };
  return withEncryption(store, { keys: outdated, metadata, migrating, missingKeys });
}

interface Stores {
  readonly store: ThreadStore;
  readonly encrypted: (isSealed: boolean) => ThreadStore;
  readonly known: KnownNamespaces;
}

interface ResealedPage {
  readonly totals: ResealTotals;
  /** The page that follows; `undefined` after the last one. */
  readonly next: ResealPosition | undefined;
}

async function resealPage(
  { store, encrypted, known }: Stores,
  { keys, isSealed, all, namespaces, onCorrupt, signal }: ResolvedResealOptions,
  position: ResealPosition,
): Promise<ResealedPage> {
  const { path, cursor, startedAt } = position;
  const page = await viewAt(store, path).listPage({ limit: PAGE_SIZE, cursor, metadata: true, signal });
  const context = {
    encrypted: (sealing: boolean) => viewAt(encrypted(sealing), path),
    keys,
    isSealed,
    all,
    signal,
  };
  const outcomes = await mapConcurrently(
    page.threads,
    async (summary: ThreadSummary) => {
      const outcome = await resealThread(context, summary);
      if (outcome === "corrupt") onCorrupt?.({ namespaces: namesOf(path), id: summary.id });
      return outcome;
    },
    CONCURRENCY,
  );
  const totals = addOutcomes(position.totals, outcomes);
  if (page.cursor !== undefined) return { totals, next: { path, cursor: page.cursor, totals, startedAt } };
  const following = namespaces ? await nextPath(store, path, signal, known) : undefined;
  return { totals, next: following && { path: following, cursor: undefined, totals, startedAt } };
}

function addOutcomes(earlier: ResealTotals, outcomes: readonly ResealOutcome[]): ResealTotals {
  const count = (kind: ResealOutcome): number => outcomes.filter((outcome) => outcome === kind).length;
  return {
    resealed: earlier.resealed + count("resealed"),
    current: earlier.current + count("current"),
    corrupt: earlier.corrupt + count("corrupt"),
  };
}
