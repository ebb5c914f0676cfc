import {
  decodePath,
  encodePath,
  invalidArgument,
  isEncodedCursor,
  isEncodedPath,
  type Path,
  sealJson,
  unsealJson,
} from "@threadstore/core/decorator";

/** The progress of a job in numbers, including those of the calls that it continues. */
export interface ResealTotals {
  /** The number of threads that were encrypted with the current key. */
  readonly resealed: number;
  /** The number of threads that had the current key already. */
  readonly current: number;
  /** The number of threads that were left as they are because they are corrupt. */
  readonly corrupt: number;
}

/** The state of a job: its receipt, once `finishedAt` is set. Plain data, to be kept as JSON. */
export interface ResealProgress extends ResealTotals {
  /** When the first call of the job started. */
  readonly startedAt: Date;
  /** When the job finished; `undefined` before that. */
  readonly finishedAt: Date | undefined;
  /** Where to continue if the job does not finish; `undefined` once it has finished. */
  readonly cursor: string | undefined;
}

/** The next page of threads. */
export interface ResealPosition {
  readonly path: Path;
  /** The cursor of the page in the listing of its namespace; `undefined` for the first page. */
  readonly cursor: string | undefined;
  readonly totals: ResealTotals;
  /** When the job started, in milliseconds since the epoch. */
  readonly startedAt: number;
}

const KIND = "reseal";
const NO_TOTALS: ResealTotals = { resealed: 0, current: 0, corrupt: 0 };

/** Encodes a position as a cursor. `source` identifies the store that it belongs to. */
export function encodePosition({ path, cursor, totals, startedAt }: ResealPosition, source: string): string {
  const { resealed, current, corrupt } = totals;
  const numbers = [resealed, current, corrupt, startedAt];
  return sealJson([KIND, source, encodePath(path), cursor ?? null, numbers]);
}

/** Returns the position that a cursor of this store encodes. Throws `INVALID_ARGUMENT` for any other text. */
export function decodePosition(text: unknown, source: string): ResealPosition {
  if (text === undefined) return { path: [], cursor: undefined, totals: NO_TOTALS, startedAt: Date.now() };
  const values = unsealJson(text);
  const [kind, ofSource, path, cursor, numbers]: readonly unknown[] = Array.isArray(values) ? values : [];
  if (
    kind === KIND &&
    ofSource === source &&
    isEncodedPath(path) &&
    isEncodedCursor(cursor) &&
    isNumbers(numbers)
  ) {
    const [resealed, current, corrupt, startedAt] = numbers;
    const totals = { resealed, current, corrupt };
    return { path: decodePath(path), cursor: cursor ?? undefined, totals, startedAt };
  }
  throw invalidArgument(
    "`cursor` must be the cursor of an earlier `reseal` of the same store. Omit it to start over, which skips threads with the current key.",
  );
}

function isNumbers(value: unknown): value is readonly [number, number, number, number] {
  return Array.isArray(value) && value.length === 4 && value.every((each) => Number.isSafeInteger(each));
}
