/**
 * The key of an option of `listPage`: the listing that a page belongs to, for calls that read several pages of it. A
 * registered symbol, so that two installed copies of this package agree on it.
 */
export const LISTING: unique symbol = Symbol.for("threadstore.listing");

export interface ListingOption {
  readonly [LISTING]?: object | undefined;
}
