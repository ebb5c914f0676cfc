import type { ListOptions, ThreadPage } from "@threadstore/core";
import { checkedLimit, checkedMembers, checkedPrefix } from "./plain-arguments.ts";
import { invalidArgument } from "./plain-json.ts";
import { listedThread, type LiveRow } from "./plain-rules.ts";

/** A row in a listing. */
export interface ListedRow extends LiveRow {
  readonly id: string;
}

interface Position {
  readonly updatedAt: number;
  readonly id: string;
}

/** The options of `listPage`. */
export const LIST_OPTIONS: readonly string[] = ["order", "limit", "cursor", "prefix", "where", "metadata"];

/** Validates the options of a listing of the namespace, and returns a function that selects the page. */
export function plainListing(
  path: readonly string[],
  options: ListOptions,
): (rows: readonly ListedRow[]) => ThreadPage {
  const { order = "id", cursor, metadata = false } = options;
  if (order !== "id" && order !== "updated") throw invalidArgument('`order` must be "id" or "updated".');
  const limit = checkedLimit(options.limit ?? 100);
  const prefix = checkedPrefix(options.prefix);
  const members = options.where === undefined ? {} : checkedMembers(options.where);
  const where = Object.entries(members).toSorted(([one], [other]) => (one < other ? -1 : 1));
  const listing = `${JSON.stringify([path, order, prefix, where])} `;
  const after = cursor === undefined ? undefined : positionIn(cursor, listing);
  const compare = order === "updated" ? compareByRecency : compareById;
  const matches = ({ id, details }: ListedRow): boolean => {
    if (!id.startsWith(prefix)) return false;
    return where.every(([name, value]) => {
      return Object.entries(details?.metadata ?? {}).some(([key, other]) => key === name && other === value);
    });
  };
  return (rows) => {
    const following = rows
      .filter((row) => matches(row) && (after === undefined || compare(positionOf(row), after) > 0))
      .toSorted((one, other) => compare(positionOf(one), positionOf(other)));
    const page = following.slice(0, limit);
    const last = following.length > limit ? page.at(-1) : undefined;
    const threads = page.map((row) => listedThread(row.id, row, metadata));
    return { threads, cursor: last && listing + JSON.stringify(positionOf(last)) };
  };
}

/** Corrupt rows are the last ones by recency. */
function positionOf({ id, details }: ListedRow): Position {
  return { updatedAt: details?.updatedAt ?? Number.NEGATIVE_INFINITY, id };
}

function compareById(one: Position, other: Position): number {
  if (one.id === other.id) return 0;
  return one.id < other.id ? -1 : 1;
}

function compareByRecency(one: Position, other: Position): number {
  if (one.updatedAt === other.updatedAt) return compareById(one, other);
  return one.updatedAt > other.updatedAt ? -1 : 1;
}

/** A cursor begins with the listing that it belongs to. */
function positionIn(cursor: unknown, listing: string): Position {
  if (typeof cursor !== "string" || !cursor.startsWith(listing))
    throw invalidArgument("`cursor` must come from the same listing.");
  const { updatedAt, id } = JSON.parse(cursor.slice(listing.length)) as Position;
  // JSON has no infinity.
  return { updatedAt: updatedAt ?? Number.NEGATIVE_INFINITY, id };
}
