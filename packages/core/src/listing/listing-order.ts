import { DriverError } from "../driver-error.ts";
import type { PageRequest } from "../thread-driver.ts";
import type { ListOrder } from "../thread-store.ts";
import { compareUtf8 } from "./compare-utf8.ts";

/** The first page of all records of a namespace, in the default order, without its `limit`. */
export const ALL_BY_ID: Omit<PageRequest, "limit"> = { after: undefined, order: "id", prefix: "", where: {} };

/** The position of a record in a listing by recency. */
export interface RecencyPosition {
  /** When the record was saved, in milliseconds since the epoch. */
  readonly updatedAt: number;
  readonly id: string;
}

/** Compares two positions: the latest save comes first, and ids with the same time are in the order of their UTF-8. */
function compareRecency(left: RecencyPosition, right: RecencyPosition): number {
  return right.updatedAt - left.updatedAt || compareUtf8(left.id, right.id);
}

/** Formats the position of the last record of a page as the page's `next`. */
export function formatRecency({ updatedAt, id }: RecencyPosition): string {
  return `${updatedAt} ${id}`;
}

const POSITION = /^(?<updatedAt>-?\d{1,16}) (?<id>.+)$/su;

/**
 * Returns the position from which a page continues; `undefined` for the first page. Throws a `DriverError` if `after`
 * was not formatted by {@link formatRecency}, so that the cursor is forged.
 */
export function parseRecency(after: string | undefined): RecencyPosition | undefined {
  if (after === undefined) return undefined;
  const { updatedAt, id } = POSITION.exec(after)?.groups ?? {};
  if (updatedAt !== undefined && id !== undefined) return { updatedAt: Number(updatedAt), id };
  throw new DriverError(
    "INVALID_ARGUMENT",
    "The position in the cursor is not one of a listing by recency. Start from the first page.",
  );
}

/** Returns the `next` of a page that ends with this record. */
export function positionOf(record: RecencyPosition, order: ListOrder): string {
  return { id: idOf, updated: formatRecency }[order](record);
}

/**
 * Returns the entries that follow `after`, in the order of the listing. For backends without an index, which know the
 * id and time of every record, for example from its name.
 */
export function entriesAfter<Entry extends RecencyPosition>(
  entries: readonly Entry[],
  { after, order }: Pick<PageRequest, "after" | "order">,
): Entry[] {
  const { parse, compare } = {
    id: { parse: idPosition, compare: compareIds },
    updated: { parse: parseRecency, compare: compareRecency },
  }[order];
  const position = parse(after);
  return entries.filter((entry) => position === undefined || compare(entry, position) > 0).toSorted(compare);
}

function idOf({ id }: RecencyPosition): string {
  return id;
}

function idPosition(after: string | undefined): RecencyPosition | undefined {
  return after === undefined ? undefined : { id: after, updatedAt: 0 };
}

function compareIds(left: RecencyPosition, right: RecencyPosition): number {
  return compareUtf8(left.id, right.id);
}
