import { ThreadStoreError } from "@threadstore/core";
import { type Budget, startBudget } from "../budget.ts";
import { rendezvous, type Weights } from "../hashing.ts";
import type { Unit } from "../placement/placements.ts";
import { type ClosingState, type Entry, entryIn, type Table } from "../placement/table.ts";
import type { Edit } from "./placement-edits.ts";
import type { RouterState } from "./router-state.ts";

interface WeightsJob {
  readonly weights: Weights;
  readonly token: string;
  readonly signal: AbortSignal;
}

const LEASE_MARGIN = 1.1;
const DRAIN_PART = 0.2;

/**
 * Replaces the weights. A namespace without an entry is in the store that its hash determines. If such a namespace were
 * created unnoticed, calls would not find it after the hash changes. So namespaces without an entry whose store changes
 * are closed for a moment, those that exist get an entry, and then the new weights apply.
 */
export async function replaceWeights(state: RouterState, job: WeightsJob): Promise<void> {
  const { record, clock, timeoutMs } = state;
  const { signal, weights, token } = job;
  const budget = (): Budget => startBudget({ signal }, timeoutMs);
  const { table } = await record.read(budget());
  const { leaseMs } = table;
  if (isSame(table.weights, weights) && table.next === undefined) return;
  try {
    await record.change(enter(job, "closing"), budget());
    await clock.wait(leaseMs * LEASE_MARGIN, signal);
    await record.change(enter(job, "draining"), budget());
    await clock.wait(leaseMs * DRAIN_PART, signal);
    const closed = await record.change(enter(job, "closed"), budget());
    const existing = await namespacesWithoutEntry(state, closed, weights, budget);
    await record.change(setWeights(job, existing), budget());
  } catch (error) {
    await record.change(giveUpWeights(token), startBudget({}, timeoutMs)).catch(() => undefined);
    throw error;
  }
}

function isSame(left: Weights, right: Weights): boolean {
  return left.size === right.size && [...left].every(([name, weight]) => right.get(name) === weight);
}

function enter({ weights, token }: WeightsJob, state: ClosingState): Edit {
  return (table) => {
    const { next } = table;
    if (state !== "closing" && next?.token !== token) throw replaced();
    return next?.token === token && next.state === state
      ? undefined
      : { ...table, next: { weights, state, token } };
  };
}

/** Opens the namespaces again that a job has closed. */
export function giveUpWeights(token: string): Edit {
  return (table) => {
    if (table.next?.token !== token) return undefined;
    const { next: _given, ...rest } = table;
    return rest;
  };
}

function setWeights({ weights, token }: WeightsJob, existing: readonly Unit[]): Edit {
  return (table) => {
    if (table.next === undefined && isSame(table.weights, weights)) return undefined;
    if (table.next?.token !== token) throw replaced();
    const { next: _replaced, ...rest } = table;
    const added = existing.map((unit) => [unit, { ...entryIn(table, unit), isPinned: false }] as const);
    const units = [...table.units, ...added].filter(([unit, entry]) => isNeeded(unit, entry, weights));
    return { ...rest, weights, weightsSince: table.epoch + 1, units: new Map(units) };
  };
}

/** An entry with the same store as the hash is dropped, so that the record stays small. */
function isNeeded(unit: Unit, { store, isPinned, move }: Entry, weights: Weights): boolean {
  return isPinned || move !== undefined || store !== rendezvous(weights, unit);
}

async function namespacesWithoutEntry(
  { stores }: RouterState,
  table: Table,
  weights: Weights,
  budget: () => Budget,
): Promise<Unit[]> {
  const units = new Set<Unit>();
  for (const [name, store] of stores) {
    let cursor: string | undefined;
    do {
      const page = await store.namespaces({ limit: 1000, cursor, ...budget().options() });
      for (const unit of page.namespaces) {
        const isHere = !table.units.has(unit) && entryIn(table, unit).store === name;
        if (isHere && rendezvous(weights, unit) !== name) units.add(unit);
      }
      ({ cursor } = page);
    } while (cursor !== undefined);
  }
  return [...units];
}

function replaced(): ThreadStoreError {
  return new ThreadStoreError(
    "CONFLICT",
    "Another process sets other weights. Wait until it has ended, and start again.",
  );
}
