import { ThreadStoreError } from "@threadstore/core";
import {
  decodePath,
  encodePath,
  isEncodedPath,
  type Path,
  sealJson,
  unsealJson,
} from "@threadstore/core/decorator";

/** The numbers of a call of `pruneHistory`. */
export interface PruneTotals {
  /** The number of threads from which versions were removed. */
  readonly threads: number;
  /** The number of versions that were removed. */
  readonly versions: number;
  /** By how much the stored threads became shorter, in bytes of the inner store's JSON. */
  readonly bytes: number;
  /** The number of corrupt threads, which are kept. */
  readonly corrupt: number;
}

/** How far a call has come. */
export interface PrunePosition {
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly totals: PruneTotals;
  /** The namespace in progress. */
  readonly path: Path;
  /** The cursor of its listing. */
  readonly cursor: string | undefined;
}

const KIND = "prune history";

export function encodePosition({ startedAt, totals, path, cursor }: PrunePosition): string {
  const { threads, versions, bytes, corrupt } = totals;
  return sealJson([KIND, [startedAt, threads, versions, bytes, corrupt], encodePath(path), cursor ?? null]);
}

/** Returns the position of a cursor, or of a new call that starts now. Throws `INVALID_ARGUMENT`. */
export function decodePosition(text: unknown, now: number): PrunePosition {
  if (text === undefined) {
    return {
      startedAt: now,
      totals: { threads: 0, versions: 0, bytes: 0, corrupt: 0 },
      path: [],
      cursor: undefined,
    };
  }
  const values = unsealJson(text);
  const [kind, numbers, path, cursor]: readonly unknown[] = Array.isArray(values) ? values : [];
  const isCursor = cursor === null || typeof cursor === "string";
  if (kind !== KIND || !areNumbers(numbers) || !isEncodedPath(path) || !isCursor) {
    throw new ThreadStoreError(
      "INVALID_ARGUMENT",
      "`cursor` must be the cursor of an earlier `pruneHistory` of this store. Omit it to start over.",
    );
  }
  const [startedAt, threads, versions, bytes, corrupt] = numbers;
  const totals = { threads, versions, bytes, corrupt };
  return { startedAt, totals, path: decodePath(path), cursor: cursor ?? undefined };
}

function areNumbers(value: unknown): value is readonly [number, number, number, number, number] {
  return Array.isArray(value) && value.length === 5 && value.every((each) => Number.isFinite(each));
}
