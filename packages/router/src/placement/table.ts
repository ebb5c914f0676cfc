import { type SerializedThread, ThreadStoreError } from "@threadstore/core";
import { rendezvous, type Weights } from "../hashing.ts";
import type { Unit } from "./placements.ts";

/**
 * The states of a move, with their effect on calls to the unit.
 *
 * - `copying`: calls are not affected.
 * - `closing`: each call reads the record of placements again before it counts, so that no process relies on an earlier
 *   state.
 * - `draining`: new calls wait, and those in progress end.
 * - `closed`: calls wait, and those that end only now do not count.
 * - `cleaning`: the unit is in its new store, and its remains are deleted from the other one.
 */
export type MoveState = "copying" | ClosingState | "cleaning";

/** The states in which a unit is taken from its store, in their order. */
export type ClosingState = "closing" | "draining" | "closed";

export interface Move {
  /** The store that the unit is copied to or, in the state `cleaning`, that has remains of it. */
  readonly other: string;
  readonly state: MoveState;
  /** Identifies the job that may change the state. */
  readonly token: string;
}

/** A unit whose store is not, or not only, determined by the hash. */
export interface Entry {
  readonly store: string;
  /** The epoch in which the unit came to its store. */
  readonly since: number;
  /** Whether a rebalance leaves the unit where it is. */
  readonly isPinned: boolean;
  readonly move?: Move | undefined;
}

/** Weights that replace the current ones as soon as no unit depends on these. */
export interface NextWeights {
  readonly weights: Weights;
  readonly state: ClosingState;
  readonly token: string;
}

/** The record of placements, which all processes share. */
export interface Table {
  /** Increases with each change. */
  readonly epoch: number;
  /** How long a process relies on the record after it has read it, in milliseconds. */
  readonly leaseMs: number;
  /** The store of threads without a namespace, unless they were moved. */
  readonly root: string;
  readonly weights: Weights;
  /** The epoch in which the weights were set. */
  readonly weightsSince: number;
  readonly next?: NextWeights | undefined;
  readonly units: ReadonlyMap<Unit, Entry>;
}

const FORMAT = 1;

type StoredMove = readonly [other: string, state: MoveState, token: string];
type StoredEntry = readonly [unit: Unit, store: string, since: number, isPinned: boolean, move?: StoredMove];

interface StoredTable {
  readonly placements: number;
  readonly epoch: number;
  readonly leaseMs: number;
  readonly root: string;
  readonly weights: readonly (readonly [string, number])[];
  readonly weightsSince: number;
  readonly next?: {
    readonly weights: readonly (readonly [string, number])[];
    readonly state: ClosingState;
    readonly token: string;
  };
  readonly units: readonly StoredEntry[];
}

export function encodeTable(table: Table): object {
  const { epoch, leaseMs, root, weights, weightsSince, next, units } = table;
  const stored: StoredTable = {
    placements: FORMAT,
    epoch,
    leaseMs,
    root,
    weights: [...weights],
    weightsSince,
    ...(next && { next: { ...next, weights: [...next.weights] } }),
    units: [...units].map(([unit, { store, since, isPinned, move }]): StoredEntry => {
      return move === undefined
        ? [unit, store, since, isPinned]
        : [unit, store, since, isPinned, [move.other, move.state, move.token]];
    }),
  };
  return stored;
}

/** Decodes a record that a router has stored. Throws `MISCONFIGURED` for anything else. */
export function decodeTable(thread: SerializedThread): Table {
  if (thread["placements"] !== FORMAT) {
    throw new ThreadStoreError(
      "MISCONFIGURED",
      "`placement` has a record that this version of @threadstore/router does not know. " +
        "Update the package in every process, or pass a store or namespace that only routers use.",
    );
  }
  const { next, ...stored } = thread as unknown as StoredTable;
  return {
    ...stored,
    weights: new Map(stored.weights),
    next: next && { ...next, weights: new Map(next.weights) },
    units: new Map(
      stored.units.map(([unit, store, since, isPinned, move]) => [
        unit,
        { store, since, isPinned, move: move && { other: move[0], state: move[1], token: move[2] } },
      ]),
    ),
  };
}

/** Returns the entry of a unit, also if it is only determined by the hash. */
export function entryIn(table: Table, unit: Unit, route?: (namespace: string) => string): Entry {
  const entry = table.units.get(unit);
  if (entry !== undefined) return entry;
  const store = unit === "" ? table.root : (route?.(unit) ?? rendezvous(table.weights, unit));
  return { store, since: table.weightsSince, isPinned: unit === "" };
}

/** Returns the names of all stores that may have a unit, or copies that a move has left. Names can repeat. */
export function storesIn({ root, units, weights, next }: Table): string[] {
  const weighted = [...weights, ...(next?.weights ?? [])].filter(([, weight]) => weight > 0);
  const placed = [...units.values()].flatMap(({ store, move }) => [store, ...(move ? [move.other] : [])]);
  return [...weighted.map(([name]) => name), ...placed, ...(units.has("") ? [] : [root])];
}

/** Returns the state that affects calls to a unit; `undefined` if they are not affected. */
export function stateIn(table: Table, unit: Unit): ClosingState | undefined {
  const entry = table.units.get(unit);
  if (entry === undefined) return unit !== "" && changesStore(table, unit) ? table.next?.state : undefined;
  const state = entry.move?.state;
  return state === "copying" || state === "cleaning" ? undefined : state;
}

function changesStore({ weights, next }: Table, unit: Unit): boolean {
  return next !== undefined && rendezvous(weights, unit) !== rendezvous(next.weights, unit);
}

/** Returns a table in which a unit has another entry. */
export function withEntry(table: Table, unit: Unit, entry: Entry): Table {
  return { ...table, units: new Map([...table.units, [unit, entry]]) };
}
