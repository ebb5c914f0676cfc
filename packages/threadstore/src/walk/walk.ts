import type { ListOptions, ThreadStore, ThreadSummary } from "@threadstore/core";
import {
  decodePath,
  encodePath,
  type KnownNamespaces,
  namesOf,
  nextPath,
  type Path,
  viewAt,
} from "@threadstore/core/decorator";

/** The next page of a walk. Plain data, which can be stored as JSON. */
export interface WalkPosition {
  readonly path: ReturnType<typeof encodePath>;
  /** The cursor of the page in the listing of its namespace; `null` for the first page. */
  readonly cursor: string | null;
}

export interface WalkedPage {
  /** The names of the namespaces that lead to the page; empty for the store that is walked. */
  readonly namespaces: readonly string[];
  /** The view of that namespace. */
  readonly view: ThreadStore;
  readonly threads: readonly ThreadSummary[];
  /** Whether this is the first page of its namespace. */
  readonly isFirst: boolean;
  /** The position of the next page; `undefined` after the last one. */
  readonly next: WalkPosition | undefined;
}

export interface WalkOptions extends Pick<
  ListOptions,
  "limit" | "metadata" | "order" | "prefix" | "where" | "signal"
> {
  readonly start?: WalkPosition | undefined;
}

const BEGINNING: WalkPosition = { path: [], cursor: null };

/** Lists the threads of a store or view and of all namespaces in it, page by page, depth first. */
export async function* walk(
  store: ThreadStore,
  { start = BEGINNING, ...options }: WalkOptions = {},
): AsyncGenerator<WalkedPage> {
  let path: Path | undefined = decodePath(start.path);
  let { cursor } = start;
  const known: KnownNamespaces = new Map();
  while (path !== undefined) {
    const namespaces = namesOf(path);
    const view = viewAt(store, path);
    const isFirst = cursor === null;
    const page = await view.listPage({ ...options, cursor: cursor ?? undefined });
    cursor = page.cursor ?? null;
    if (cursor === null) path = await nextPath(store, path, options.signal, known);
    const next = path && { path: encodePath(path), cursor };
    yield { namespaces, view, threads: page.threads, isFirst, next };
  }
}

/** Yields a store or view and all namespaces in it, each with its names, depth first. */
export async function* walkNamespaces(
  store: ThreadStore,
  signal: AbortSignal,
): AsyncGenerator<{ readonly namespaces: readonly string[]; readonly view: ThreadStore }> {
  const known: KnownNamespaces = new Map();
  let path: Path | undefined = [];
  while (path !== undefined) {
    yield { namespaces: namesOf(path), view: viewAt(store, path) };
    path = await nextPath(store, path, signal, known);
  }
}

/** Resolves with whether a store or view, including the namespaces in it, has no threads. */
export async function isEmpty(store: ThreadStore, signal: AbortSignal): Promise<boolean> {
  for await (const { threads } of walk(store, { limit: 1, signal })) if (threads.length > 0) return false;
  return true;
}

/** Returns the view of the namespaces with these names. */
export function viewOf(store: ThreadStore, namespaces: readonly string[]): ThreadStore {
  return namespaces.reduce((view, name) => view.namespace(name), store);
}
