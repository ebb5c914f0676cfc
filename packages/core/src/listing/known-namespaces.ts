import type { ThreadDriver } from "../thread-driver.ts";
import { isNamespaceWithin } from "./namespace-range.ts";

/**
 * The key of an option of `namespaces`, for a walk through the namespaces of a store: the namespaces that drivers have
 * listed for the walk, which then need not be listed again for each namespace below. Stores without a driver may ignore
 * it, and decorators pass it on, so that they still hide their own namespaces. A router does not, because a namespace can
 * move during a walk. A registered symbol, so that two installed
 * copies of this package agree on it.
 */
export const KNOWN_NAMESPACES: unique symbol = Symbol.for("threadstore.known-namespaces");

/**
 * What the drivers have listed. Several, because a decorator may have several stores. A walk starts with an empty map and does
 * not keep it after its end.
 */
export type KnownNamespaces = Map<ThreadDriver, readonly ListedNamespaces[]>;

export interface KnownNamespacesOption {
  readonly [KNOWN_NAMESPACES]?: KnownNamespaces | undefined;
}

/** Consecutive namespaces of a driver's listing, in its order. */
export interface ListedNamespaces {
  /** The namespace that the listing is limited to. */
  readonly within: string;
  readonly names: readonly string[];
  /** The driver's position before the first of them; `undefined` at the start of its listing. */
  readonly after: string | undefined;
  /** The position after the last of them; `undefined` at the end. */
  readonly next: string | undefined;
}

/** Remembers a listing, and forgets those that a walk, which goes depth first, has left. */
export function remember(known: KnownNamespaces, driver: ThreadDriver, listed: ListedNamespaces): void {
  const { within, after } = listed;
  const listings = known.get(driver) ?? [];
  const outer = listings.filter(
    (earlier) => earlier.within !== within && isNamespaceWithin(within, earlier.within),
  );
  const before = listings.find(({ next, ...earlier }) => earlier.within === within && next === after);
  // Shows where the names that begin like the first one start.
  const previous = after === undefined ? [] : (before?.names.slice(-1) ?? []);
  known.set(driver, [...outer, { ...listed, names: [...previous, ...listed.names] }]);
}

/**
 * Returns the namespaces nested in `within`, in the order of the driver; `undefined` unless an outer listing has all of
 * them. A listing of `within` itself does not count: a walk that starts again needs a new one.
 */
export function knownWithin(
  known: KnownNamespaces,
  driver: ThreadDriver,
  within: string,
): readonly string[] | undefined {
  for (const listed of (known.get(driver) ?? []).toReversed()) {
    const nested = nestedIn(listed, within);
    if (nested !== undefined) return nested;
  }
  return undefined;
}

/**
 * Names that begin with the same text are adjacent in the listing of a driver. So all of those that begin with `within`
 * are known if the listing goes on before and after them. They include at least one: `within`, or one nested in it.
 */
function nestedIn(
  { within: outer, names, after, next }: ListedNamespaces,
  within: string,
): readonly string[] | undefined {
  if (outer === within || !isNamespaceWithin(within, outer)) return undefined;
  const first = names.findIndex((name) => name.startsWith(within));
  if (first === -1) return undefined;
  const last = names.findLastIndex((name) => name.startsWith(within));
  const isComplete = (after === undefined || first > 0) && (next === undefined || last < names.length - 1);
  return isComplete ? names.filter((name) => name.startsWith(`${within}/`)) : undefined;
}
