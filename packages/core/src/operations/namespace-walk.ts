import type { ThreadStore } from "../thread-store.ts";

/** A namespace below the one that is walked, or below the one before it on a path. */
export interface Step {
  readonly name: string;
  /** The cursor of the namespaces after it; `undefined` if it is the last one. */
  readonly siblings: string | undefined;
}

/** The way to a namespace; empty for the namespace that is walked. */
export type Path = readonly Step[];

/** A path as JSON. */
export type EncodedPath = readonly (readonly [name: string, siblings: string | null])[];

export function encodePath(path: Path): EncodedPath {
  return path.map(({ name, siblings = null }) => [name, siblings]);
}

export function decodePath(path: EncodedPath): Path {
  return path.map(([name, siblings]) => ({ name, siblings: siblings ?? undefined }));
}

export function isEncodedPath(value: unknown): value is EncodedPath {
  return Array.isArray(value) && value.every(isEncodedStep);
}

function isEncodedStep(value: unknown): boolean {
  return Array.isArray(value) && typeof value[0] === "string" && isEncodedCursor(value[1]);
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

/** Resolves with the path to the namespace after `path`, depth first; `undefined` after the last one. */
export async function nextPath(
  store: ThreadStore,
  path: Path,
  signal: AbortSignal | undefined,
): Promise<Path | undefined> {
  const child = await nextStep(viewAt(store, path), undefined, signal);
  if (child !== undefined) return [...path, child];
  for (let depth = path.length - 1; depth >= 0; depth -= 1) {
    const parent = path.slice(0, depth);
    const siblings = path[depth]?.siblings;
    const next = siblings === undefined ? undefined : await nextStep(viewAt(store, parent), siblings, signal);
    if (next !== undefined) return [...parent, next];
  }
  return undefined;
}

async function nextStep(
  view: ThreadStore,
  start: string | undefined,
  signal: AbortSignal | undefined,
): Promise<Step | undefined> {
  let cursor = start;
  do {
    // One at a time, so that the cursor leads to its siblings.
    const page = await view.namespaces({ limit: 1, cursor, signal });
    const [name] = page.namespaces;
    if (name !== undefined) return { name, siblings: page.cursor };
    cursor = page.cursor;
  } while (cursor !== undefined);
  return undefined;
}
