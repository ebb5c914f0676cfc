import type { PageRequest } from "../thread-driver.ts";

/**
 * What is left of listings, for drivers that read all names for a page: the next page of the same listing need not read
 * them again. Without the listing in a request, nothing is kept.
 */
export interface ListingRests<Entry> {
  /** Returns the entries that follow `after`; `undefined` if the listing has not been read up to there. */
  readonly find: (namespace: string, page: PageRequest) => readonly Entry[] | undefined;
  /** Keeps the entries that follow the page, which is `next` of the page. */
  readonly keep: (
    namespace: string,
    page: PageRequest,
    next: { readonly position: string | undefined; readonly entries: readonly Entry[] },
  ) => void;
}

/** Creates the memory of a driver. It holds nothing of a listing that core has ended. */
export function listingRests<Entry>(): ListingRests<Entry> {
  const rests = new WeakMap<object, ReadonlyMap<string, readonly Entry[]>>();
  const find: ListingRests<Entry>["find"] = (namespace, page) =>
    page.listing && rests.get(page.listing)?.get(keyOf(namespace, page, page.after));
  return {
    find,
    keep(namespace, page, { position, entries }) {
      if (page.listing === undefined) return;
      const kept = new Map<string, readonly Entry[]>();
      // Core may ask for the same page again, with a smaller limit.
      const current = find(namespace, page);
      if (current !== undefined) kept.set(keyOf(namespace, page, page.after), current);
      if (position !== undefined) kept.set(keyOf(namespace, page, position), entries);
      rests.set(page.listing, kept);
    },
  };
}

/** Decorators may use the listing of a caller for another namespace. */
function keyOf(namespace: string, { order, prefix }: PageRequest, after: string | undefined): string {
  return JSON.stringify([namespace, order, prefix, after]);
}
