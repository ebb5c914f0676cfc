import { ThreadStoreError } from "@threadstore/core";
import type { Unit } from "../placement/placements.ts";
import { type Entry, entryIn, type MoveState, type Table, withEntry } from "../placement/table.ts";

/** A unit that a job moves. */
export interface Job {
  readonly unit: Unit;
  readonly token: string;
  readonly route: ((namespace: string) => string) | undefined;
}

/** A change of the record. Returns `undefined` if the record already has the result of the change. */
export type Edit = (table: Table) => Table | undefined;

/** Starts to move a unit to a store, or continues a move that another job did not end. */
export function startMove({ unit, token, route }: Job, to: string): Edit {
  return (table) => {
    const entry = entryIn(table, unit, route);
    if (entry.move?.token === token) return undefined;
    return withEntry(table, unit, { ...entry, move: { other: to, state: "copying", token } });
  };
}

/** Takes over the remains of a unit in another store, to delete them. */
export function startCleaning({ unit, token, route }: Job, other: string): Edit {
  return (table) => {
    const entry = entryIn(table, unit, route);
    if (entry.move?.token === token && entry.move.state === "cleaning") return undefined;
    return withEntry(table, unit, { ...entry, move: { other, state: "cleaning", token } });
  };
}

/** Enters the next state of a move. */
export function enterState(job: Job, state: MoveState): Edit {
  return (table) => {
    const { entry, move } = ownMove(job, table);
    return move.state === state
      ? undefined
      : withEntry(table, job.unit, { ...entry, move: { ...move, state } });
  };
}

/** Switches a unit to its new store. From now on, the old store has remains of it. */
export function switchStore(job: Job, isPinned: boolean): Edit {
  return (table) => {
    const { entry, move } = ownMove(job, table);
    if (move.state === "cleaning") return undefined;
    const { other: store } = move;
    return withEntry(table, job.unit, {
      store,
      since: table.epoch + 1,
      isPinned,
      move: { other: entry.store, state: "cleaning", token: job.token },
    });
  };
}

/** Pins a unit to the store that has it. */
export function pin({ unit, route }: Pick<Job, "unit" | "route">, store: string): Edit {
  return (table) => {
    const entry = entryIn(table, unit, route);
    if (entry.store !== store) throw replaced();
    return entry.isPinned ? undefined : withEntry(table, unit, { ...entry, isPinned: true });
  };
}

/** Ends a job. */
export function endMove({ unit, token }: Pick<Job, "unit" | "token">): Edit {
  return (table) => {
    const entry = table.units.get(unit);
    if (entry?.move?.token !== token) return undefined;
    const { move: _ended, ...rest } = entry;
    return withEntry(table, unit, rest);
  };
}

/**
 * Gives up a move that has not switched the unit: calls continue in the old store. The entry records that the target
 * has remains.
 */
export function giveUp({ unit, token }: Pick<Job, "unit" | "token">): Edit {
  return (table) => {
    const entry = table.units.get(unit);
    if (entry?.move?.token !== token || entry.move.state === "cleaning") return undefined;
    return withEntry(table, unit, { ...entry, move: { ...entry.move, state: "copying", token: "" } });
  };
}

/** Throws unless the job still has the unit, in this state. */
export function checkState(job: Job, table: Table, state: MoveState): void {
  if (ownMove(job, table).move.state !== state) throw replaced();
}

function ownMove(
  { unit, token }: Job,
  table: Table,
): {
  readonly entry: Entry;
  readonly move: NonNullable<Entry["move"]>;
} {
  const entry = table.units.get(unit);
  if (entry?.move?.token === token) return { entry, move: entry.move };
  throw replaced();
}

function replaced(): ThreadStoreError {
  return new ThreadStoreError(
    "CONFLICT",
    "Another process has taken over the move, because this one did not renew its claim in time. Nothing has to be done.",
  );
}
