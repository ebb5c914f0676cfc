import type { CallOptions, ListOptions, ThreadPage, ThreadStore, ThreadSummary } from "@threadstore/core";
import { compareUtf8 } from "@threadstore/core/driver";
import { type CursorOwner, decodeCursor, encodeCursor, invalidCursor } from "./cursor.ts";

/** The position of a thread in a listing: its id and, by recency, when it was saved, in milliseconds since the epoch. */
type ThreadPosition = readonly [id: string, updatedAt: number | null];

/** A position in the listing of a namespace, which may have been moved to another store since. */
interface ListingPosition {
  /** The store to which `inner` belongs. */
  readonly store: string;
  readonly inner: string;
  /** Threads up to here were listed in an earlier store. */
  readonly after: ThreadPosition | null;
  /** The last thread that was listed. */
  readonly last: ThreadPosition | null;
}

/** A namespace in the store of this name. */
export interface NamedView {
  readonly name: string;
  readonly view: ThreadStore;
}

/** A listing of a namespace. */
export interface Listing {
  readonly owner: CursorOwner;
  readonly options: ListOptions;
  readonly position: ListingPosition | undefined;
}

/** Decodes the cursor of a listing. Throws `INVALID_ARGUMENT`. */
export function listingOf(path: readonly string[], { cursor, ...options }: ListOptions): Listing {
  const owner = { operation: "list", path } as const;
  return { owner, options, position: cursor === undefined ? undefined : decodePosition(owner, cursor) };
}

function decodePosition(owner: CursorOwner, cursor: unknown): ListingPosition {
  const [store, inner, after, last] = decodeCursor(owner, cursor);
  const isValid = typeof store === "string" && typeof inner === "string";
  if (!isValid || !isThreadPosition(after) || !isThreadPosition(last)) throw invalidCursor("list");
  return { store, inner, after, last };
}

function isThreadPosition(value: unknown): value is ThreadPosition | null {
  if (value === null) return true;
  const [id, updatedAt]: readonly unknown[] = Array.isArray(value) ? value : [];
  return typeof id === "string" && (updatedAt === null || typeof updatedAt === "number");
}

/**
 * Reads a page from the store with this name. If the listing started in another store, it starts here with the first
 * thread, and skips the threads before its position.
 */
export async function listPageIn(
  { owner, options, position }: Listing,
  store: NamedView,
  callOptions: CallOptions,
): Promise<ThreadPage> {
  const continues = position?.store === store.name;
  const after = (continues ? position.after : position?.last) ?? null;
  const cursor = continues ? position.inner : undefined;
  const page = await store.view.listPage({ ...options, cursor, ...callOptions });
  const threads = after === null ? page.threads : page.threads.filter((each) => isAfter(each, after));
  const last = positionOf(page.threads.at(-1), options) ?? position?.last ?? null;
  const next = page.cursor && encodeCursor(owner, [store.name, page.cursor, after, last]);
  return { threads, cursor: next };
}

/** Returns the position of a thread; `undefined` for a corrupt record whose time is unknown. */
function positionOf(summary: ThreadSummary | undefined, { order }: ListOptions): ThreadPosition | undefined {
  if (summary === undefined) return undefined;
  if (order !== "updated") return [summary.id, null];
  return summary.corrupt ? undefined : [summary.id, summary.updatedAt.getTime()];
}

function isAfter(summary: ThreadSummary, [id, updatedAt]: ThreadPosition): boolean {
  const following = compareUtf8(summary.id, id) > 0;
  if (updatedAt === null || summary.corrupt) return following;
  const time = summary.updatedAt.getTime();
  return time === updatedAt ? following : time < updatedAt;
}
