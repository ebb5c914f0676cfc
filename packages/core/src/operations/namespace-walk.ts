import { KNOWN_NAMESPACES, type KnownNamespaces } from "../listing/known-namespaces.ts";
import type { ThreadStore } from "../thread-store.ts";

/** A namespace below the one that is walked, or below the one before it on a path. */
export interface Step {
  readonly name: string;
  /** The namespaces after it that were on the same page. */
  readonly following: readonly string[];
  /** The cursor of the namespaces after those; `undefined` after the last page. */
  readonly siblings: string | undefined;
}

/** The way to a namespace; empty for the namespace that is walked. */
export type Path = readonly Step[];

/** A path as JSON. */
export type EncodedPath = readonly EncodedStep[];

type EncodedStep = readonly [name: string, siblings: string | null, ...following: string[]];

/** Stores without an index of namespaces scan all of their keys for a page. A path contains the names of a page. */
const PAGE_SIZE = 500;

export function encodePath(path: Path): EncodedPath {
  return path.map(({ name, following, siblings = null }) => [name, siblings, ...following]);
}

export function decodePath(path: EncodedPath): Path {
  return path.map(([name, siblings, ...following]) => ({ name, following, siblings: siblings ?? undefined }));
}

export function isEncodedPath(value: unknown): value is EncodedPath {
  return Array.isArray(value) && value.every(isEncodedStep);
}

function isEncodedStep(value: unknown): boolean {
  if (!Array.isArray(value)) return false;
  const [name, siblings, ...following] = value as readonly unknown[];
  return isEncodedCursor(siblings) && [name, ...following].every((each) => typeof each === "string");
}

/** Returns whether a value of a decoded cursor can be another cursor, or none. */
export function isEncodedCursor(value: unknown): value is string | null {
  return value === null || typeof value === "string";
}

/** Returns the names of the namespaces that lead to the end of a path. */
export function namesOf(path: Path): string[] {
  return path.map(({ name }) => name);
}

/** Returns the view of a store at the end of the path. */
export function viewAt(store: ThreadStore, path: Path): ThreadStore {
  return path.reduce((view, { name }) => view.namespace(name), store);
}

/**
 * Resolves with the path to the namespace after `path`, depth first; `undefined` after the last one. Pass the same `known`
 * to all calls of a walk: most of them then do not send a request.
 */
export async function nextPath(
  store: ThreadStore,
  path: Path,
  signal: AbortSignal | undefined,
  known: KnownNamespaces = new Map(),
): Promise<Path | undefined> {
  const walk = { signal, known };
  const child = await firstStep(viewAt(store, path), undefined, walk);
  if (child !== undefined) return [...path, child];
  for (let depth = path.length - 1; depth >= 0; depth -= 1) {
    const parent = path.slice(0, depth);
    const step = path[depth];
    const next = step && (await nextStep(viewAt(store, parent), step, walk));
    if (next !== undefined) return [...parent, next];
  }
  return undefined;
}

interface Walk {
  readonly signal: AbortSignal | undefined;
  readonly known: KnownNamespaces;
}

/** Resolves with the step to the namespace after that of `step`; `undefined` if there is none. */
async function nextStep(
  view: ThreadStore,
  { following: [name, ...following], siblings }: Step,
  walk: Walk,
): Promise<Step | undefined> {
  if (name !== undefined) return { name, following, siblings };
  return siblings === undefined ? undefined : firstStep(view, siblings, walk);
}

/** Resolves with the step to the first namespace from a cursor on; `undefined` if there is none. */
async function firstStep(
  view: ThreadStore,
  start: string | undefined,
  { signal, known }: Walk,
): Promise<Step | undefined> {
  let cursor = start;
  do {
    const options = { limit: PAGE_SIZE, cursor, signal, [KNOWN_NAMESPACES]: known };
    const page = await view.namespaces(options);
    const [name, ...following] = page.namespaces;
    if (name !== undefined) return { name, following, siblings: page.cursor };
    cursor = page.cursor;
  } while (cursor !== undefined);
  return undefined;
}
