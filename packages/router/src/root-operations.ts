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
import type { Owners } from "./placement/placements.ts";

const NAMESPACES: CursorOwner = { operation: "namespaces", path: [] };
const ERASE: CursorOwner = { operation: "erase", path: [] };
/** As in every store. */
const DEFAULT_LIMIT = 100;
/** The part of the time of an erase after which it stops with a cursor, as in every store. */
const TIME_BUDGET = 0.5;

/**
 * Lists the namespaces of one store after the other. A store may also contain remains of a namespace that has moved, so
 * each namespace is only listed from the store that has it. Namespaces that moved since the listing began come last,
 * because the listing may already have passed their new store.
 */
export async function listNamespaces(
  stores: Stores,
  owners: Owners,
  { cursor, limit = DEFAULT_LIMIT, ...options }: NamespacesOptions,
  budget: Budget,
): Promise<NamespacePage> {
  const names = [...stores.keys()];
  const [first = ""] = names;
  const start = { store: first, inner: undefined, epoch: owners.epoch };
  const position = cursor === undefined ? start : decodeNamespaces(cursor);
  const { epoch } = position;
  const moved = new Set(owners.movedAfter(epoch));
  if (!stores.has(position.store)) throw invalidCursor("namespaces");
  const namespaces: string[] = [];
  let { inner } = position;
  for (const name of names.slice(names.indexOf(position.store))) {
    // Checked after the first store, which validates the limit.
    if (name !== position.store && namespaces.length >= limit) {
      return { namespaces, cursor: encodeCursor(NAMESPACES, [name, null, epoch]) };
    }
    const call = { ...options, ...budget.options(), cursor: inner };
    const missing = namespaces.length === 0 ? limit : limit - namespaces.length;
    const page = await storeNamed(stores, name).namespaces({ ...call, limit: missing });
    namespaces.push(...page.namespaces.filter((each) => owners.ownerOf(each) === name && !moved.has(each)));
    if (page.cursor !== undefined) {
      return { namespaces, cursor: encodeCursor(NAMESPACES, [name, page.cursor, epoch]) };
    }
    inner = undefined;
  }
  for (const unit of moved) {
    const view = unit !== "" && storeNamed(stores, owners.ownerOf(unit)).namespace(unit);
    if (view !== false && (await hasThreads(view, budget))) namespaces.push(unit);
  }
  return { namespaces, cursor: undefined };
}

async function hasThreads(view: ThreadStore, budget: Budget): Promise<boolean> {
  const { threads } = await view.listPage({ limit: 1, ...budget.options() });
  return (
    threads.length > 0 || (await view.namespaces({ limit: 1, ...budget.options() })).namespaces.length > 0
  );
}

interface NamespacesPosition {
  readonly store: string;
  readonly inner: string | undefined;
  /** The epoch in which the listing began. */
  readonly epoch: number;
}

function decodeNamespaces(cursor: string): NamespacesPosition {
  const [store, inner, epoch] = decodeCursor(NAMESPACES, cursor);
  const isValid = typeof store === "string" && (inner === null || typeof inner === "string");
  if (!isValid || typeof epoch !== "number") throw invalidCursor("namespaces");
  return { store, inner: inner ?? undefined, epoch };
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
