import { sealJson, unsealJson } from "../encoding/sealed-json.ts";
import { invalidArgument } from "../validation/invalid-argument.ts";
import { decodePath, encodePath, isEncodedCursor, isEncodedPath, type Path } from "./namespace-walk.ts";

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

/** The next page of threads to copy. */
export interface CopyPosition {
  /** The way to the page's namespace; empty for the namespace that is copied. */
  readonly path: Path;
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
  return sealJson([KIND, source, encodePath(path), cursor ?? null, [copied, skipped, corrupt, bytes]]);
}

/** Returns the position that a cursor of a copy of this source encodes. Throws `INVALID_ARGUMENT` for any other text. */
export function decodePosition(text: unknown, source: string): CopyPosition {
  if (text === undefined) return START;
  const values = unsealJson(text);
  const [kind, ofSource, path, cursor, totals]: readonly unknown[] = Array.isArray(values) ? values : [];
  if (
    kind === KIND &&
    ofSource === source &&
    isEncodedPath(path) &&
    isEncodedCursor(cursor) &&
    isTotals(totals)
  ) {
    const [copied, skipped, corrupt, bytes] = totals;
    return {
      path: decodePath(path),
      cursor: cursor ?? undefined,
      totals: { copied, skipped, corrupt, bytes },
    };
  }
  throw invalidArgument(
    "`cursor` must be the cursor of an earlier copy from the same source. Omit it to start over, which skips what was copied.",
  );
}

function isTotals(value: unknown): value is readonly [number, number, number, number] {
  return Array.isArray(value) && value.length === 4 && value.every((each) => Number.isSafeInteger(each));
}
