import { sealJson, unsealJson } from "../encoding/sealed-json.ts";
import type { ThreadStore } from "../thread-store.ts";
import { invalidArgument } from "../validation/invalid-argument.ts";

/** The progress of a copy, in numbers. */
export interface CopyTotals {
  /** The number of threads that were written to the target. */
  readonly copied: number;
  /** The number of threads that the target already had, exactly as they are. */
  readonly skipped: number;
  /** The number of threads that were not copied because their records are corrupt. */
  readonly corrupt: number;
  /** The size of the threads in `copied`, in bytes of their JSON. */
  readonly bytes: number;
}

/** A namespace below the one that is copied, or below the one before it on a path. */
interface Step {
  readonly name: string;
  /** The cursor of the namespaces after it; `undefined` if it is the last one. */
  readonly siblings: string | undefined;
}

/** The next page of threads to copy. */
export interface CopyPosition {
  /** The way to the page's namespace; empty for the namespace that is copied. */
  readonly path: readonly Step[];
  /** The cursor of the page in the listing of its namespace; `undefined` for the first page. */
  readonly cursor: string | undefined;
  readonly totals: CopyTotals;
}

const START: CopyPosition = {
  path: [],
  cursor: undefined,
  totals: { copied: 0, skipped: 0, corrupt: 0, bytes: 0 },
};

const KIND = "copy";

/** Encodes a position as a cursor. `source` identifies the source that it belongs to. */
export function encodePosition({ path, cursor, totals }: CopyPosition, source: string): string {
  const { copied, skipped, corrupt, bytes } = totals;
  const steps = path.map(({ name, siblings = null }) => [name, siblings]);
  return sealJson([KIND, source, steps, cursor ?? null, [copied, skipped, corrupt, bytes]]);
}

/** Returns the position that a cursor of a copy of this source encodes. Throws `INVALID_ARGUMENT` for any other text. */
export function decodePosition(text: unknown, source: string): CopyPosition {
  if (text === undefined) return START;
  const values = unsealJson(text);
  const [kind, ofSource, path, cursor, totals]: readonly unknown[] = Array.isArray(values) ? values : [];
  if (kind === KIND && ofSource === source && isPath(path) && isCursor(cursor) && isTotals(totals)) {
    const [copied, skipped, corrupt, bytes] = totals;
    return {
      path: path.map(([name, siblings]) => ({ name, siblings: siblings ?? undefined })),
      cursor: cursor ?? undefined,
      totals: { copied, skipped, corrupt, bytes },
    };
  }
  throw invalidArgument(
    "`cursor` must be the cursor of an earlier copy from the same source. Omit it to start over, which skips what was copied.",
  );
}

type EncodedPath = readonly (readonly [name: string, siblings: string | null])[];

function isPath(value: unknown): value is EncodedPath {
  return Array.isArray(value) && value.every(isStep);
}

function isStep(value: unknown): boolean {
  return Array.isArray(value) && typeof value[0] === "string" && isCursor(value[1]);
}

function isCursor(value: unknown): value is string | null {
  return value === null || typeof value === "string";
}

function isTotals(value: unknown): value is readonly [number, number, number, number] {
  return Array.isArray(value) && value.length === 4 && value.every((each) => Number.isSafeInteger(each));
}

/** Returns the view of a store at the end of the path. */
export function viewAt(store: ThreadStore, path: CopyPosition["path"]): ThreadStore {
  return path.reduce((view, { name }) => view.namespace(name), store);
}

/** Resolves with the path to the namespace after `path`, depth first; `undefined` after the last one. */
export async function nextPath(
  store: ThreadStore,
  path: CopyPosition["path"],
  signal: AbortSignal | undefined,
): Promise<CopyPosition["path"] | undefined> {
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
