import type { ThreadStore } from "@threadstore/core";
import type {
  EraseOptions,
  EraseResult,
  NamespacePage,
  NamespacesOptions,
} from "@threadstore/core/maintenance";
import type { Budget } from "./budget.ts";
import { type CursorOwner, decodeCursor, encodeCursor, invalidCursor } from "./cursor.ts";
import { continuesIn, eraseIn, eraseState } from "./erase.ts";
import type { Stores } from "./options.ts";
import type { Unit } from "./placement/placements.ts";

const NAMESPACES: CursorOwner = { operation: "namespaces", path: [] };
const ERASE: CursorOwner = { operation: "erase", path: [] };
/** As in every store. */
const DEFAULT_LIMIT = 100;
/** The part of the time of an erase after which it stops with a cursor, as in every store. */
const TIME_BUDGET = 0.5;

/**
 * Lists the namespaces of one store after the other. A store may also have the remains of a namespace that another one has
 * now, so each namespace is only listed in the store that has it.
 */
export async function listNamespaces(
  stores: Stores,
  ownerOf: (unit: Unit) => string,
  { cursor, limit = DEFAULT_LIMIT, ...options }: NamespacesOptions,
  budget: Budget,
): Promise<NamespacePage> {
  let position = cursor === undefined ? undefined : decodeNamespaces(cursor);
  const names = [...stores.keys()];
  const start = position === undefined ? 0 : names.indexOf(position.store);
  if (start === -1) throw invalidCursor("namespaces");
  const namespaces: string[] = [];
  for (const name of names.slice(start)) {
    // Checked after the first store, which validates the limit.
    if (name !== names[start] && namespaces.length >= limit) {
      return { namespaces, cursor: encodeCursor(NAMESPACES, [name, null]) };
    }
    const call = {
      ...options,
      ...budget.options(),
      limit: namespaces.length === 0 ? limit : limit - namespaces.length,
    };
    const page = await storeNamed(stores, name).namespaces({ ...call, cursor: position?.inner });
    namespaces.push(...page.namespaces.filter((each) => ownerOf(each) === name));
    if (page.cursor !== undefined) {
      return { namespaces, cursor: encodeCursor(NAMESPACES, [name, page.cursor]) };
    }
    position = undefined;
  }
  return { namespaces, cursor: undefined };
}

function decodeNamespaces(cursor: string): { readonly store: string; readonly inner: string | undefined } {
  const [store, inner] = decodeCursor(NAMESPACES, cursor);
  if (typeof store !== "string" || (inner !== null && typeof inner !== "string")) {
    throw invalidCursor("namespaces");
  }
  return { store, inner: inner ?? undefined };
}

/** Erases one store after the other, with everything that a move has left in them. */
export async function eraseStores(
  stores: Stores,
  { cursor, ...options }: EraseOptions,
  budget: Budget,
): Promise<EraseResult> {
  let state = eraseState(ERASE, cursor);
  const names = [...stores.keys()];
  const start = state === undefined ? 0 : names.indexOf(state.store);
  if (start === -1) throw invalidCursor("erase");
  const whole = budget.left();
  let result: EraseResult | undefined;
  for (const name of names.slice(start)) {
    const elapsed = whole - budget.left();
    // A store stops after half of the time that it gets.
    const timeoutMs = whole - elapsed / TIME_BUDGET;
    if (result !== undefined && state !== undefined && timeoutMs <= 1) return continuesIn(ERASE, name, state);
    const call = { name, view: storeNamed(stores, name), options: { ...budget.options(), timeoutMs } };
    ({ state, result } = await eraseIn(ERASE, call, state, options));
    if (result.cursor !== undefined) return result;
  }
  if (result === undefined) throw invalidCursor("erase");
  return result;
}

/** Returns the store of a name that the router knows. */
export function storeNamed(stores: Stores, name: string): ThreadStore {
  const store = stores.get(name);
  if (store === undefined) throw new TypeError("A store of the router is missing.");
  return store;
}
