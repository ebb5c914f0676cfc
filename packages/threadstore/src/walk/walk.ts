import type { ListOptions, ThreadStore, ThreadSummary } from "@threadstore/core";

/** A namespace on the way to a page, the namespaces after it that were listed, and the cursor of those after them. */
export type Step = readonly [name: string, siblings: string | null, ...following: string[]];

/** The next page of a walk. Plain data, which can be stored as JSON. */
export interface WalkPosition {
  readonly path: readonly Step[];
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
/** Stores without an index of namespaces scan all of their keys for a page. */
const NAMESPACES_PAGE_SIZE = 100;

/** Lists the threads of a store or view and of all namespaces in it, page by page, depth first. */
export async function* walk(
  store: ThreadStore,
  { start = BEGINNING, ...options }: WalkOptions = {},
): AsyncGenerator<WalkedPage> {
  let position: WalkPosition | undefined = start;
  while (position !== undefined) {
    const { path, cursor }: WalkPosition = position;
    const view = viewAt(store, path);
    const page = await view.listPage({ ...options, cursor: cursor ?? undefined });
    if (page.cursor !== undefined) position = { path, cursor: page.cursor };
    else {
      const following: readonly Step[] | undefined = await nextPath(store, path, options.signal);
      position = following && { path: following, cursor: null };
    }
    const namespaces = path.map(([name]) => name);
    yield { namespaces, view, threads: page.threads, isFirst: cursor === null, next: position };
  }
}

/** Returns the view of a store for the namespaces of a path. */
function viewAt(store: ThreadStore, path: readonly Step[]): ThreadStore {
  return path.reduce((view, [name]) => view.namespace(name), store);
}

/** Resolves with the path to the namespace after `path`; `undefined` after the last one. */
async function nextPath(
  store: ThreadStore,
  path: readonly Step[],
  signal: AbortSignal | undefined,
): Promise<readonly Step[] | undefined> {
  const child = await firstStep(viewAt(store, path), undefined, signal);
  if (child !== undefined) return [...path, child];
  for (let depth = path.length - 1; depth >= 0; depth -= 1) {
    const parent = path.slice(0, depth);
    const step = path[depth];
    const next = step && (await nextStep(viewAt(store, parent), step, signal));
    if (next !== undefined) return [...parent, next];
  }
  return undefined;
}

/** Resolves with the step to the namespace after that of a step; `undefined` if there is none. */
async function nextStep(
  view: ThreadStore,
  [, siblings, name, ...following]: Step,
  signal: AbortSignal | undefined,
): Promise<Step | undefined> {
  if (name !== undefined) return [name, siblings, ...following];
  return siblings === null ? undefined : firstStep(view, siblings, signal);
}

/** Resolves with the step to the first namespace from a cursor on; `undefined` if there is none. */
async function firstStep(
  view: ThreadStore,
  start: string | undefined,
  signal: AbortSignal | undefined,
): Promise<Step | undefined> {
  let cursor = start;
  do {
    const page = await view.namespaces({ limit: NAMESPACES_PAGE_SIZE, cursor, signal });
    const [name, ...following] = page.namespaces;
    if (name !== undefined) return [name, page.cursor ?? null, ...following];
    cursor = page.cursor;
  } while (cursor !== undefined);
  return undefined;
}

/** Yields a store or view and all namespaces in it, each with its names, depth first. */
export async function* walkNamespaces(
  store: ThreadStore,
  signal: AbortSignal,
): AsyncGenerator<{ readonly namespaces: readonly string[]; readonly view: ThreadStore }> {
  let path: readonly Step[] | undefined = [];
  while (path !== undefined) {
    yield { namespaces: path.map(([name]) => name), view: viewAt(store, path) };
    path = await nextPath(store, path, signal);
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
