import { ThreadStoreError, type ThreadStoreErrorCode } from "@threadstore/core";
import type { Budget } from "../budget.ts";
import type { Clock, Moment } from "./clock.ts";
import type { PlacementRecord, Reading } from "./placement-record.ts";
import type { Owners, Placements, RoutedCall, Unit } from "./placements.ts";
import { type ClosingState, entryIn, stateIn, storesIn } from "./table.ts";

/** Errors of calls that changed nothing, but may have another result in the store that has the unit now. */
const REPEATED: ReadonlySet<ThreadStoreErrorCode> = new Set([
  "CONFLICT",
  "CORRUPT",
  "INVALID_ARGUMENT",
  "TOO_LARGE",
]);

/** Shorter parts would time out. */
const MIN_PART_MS = 1000;
const FIRST_POLL_MS = 20;
const MAX_POLL_MS = 500;

interface Settings {
  readonly record: PlacementRecord;
  readonly clock: Clock;
  readonly names: ReadonlySet<string>;
  readonly route: ((namespace: string) => string) | undefined;
  /** Opens a unit again if the job that closed it no longer runs. */
  readonly reopen: (unit: Unit, budget: Budget) => Promise<void>;
}

/** Where a unit is, as far as a call knows when it begins. */
interface Place {
  readonly unit: Unit;
  readonly store: string;
  readonly since: number;
  /** Whether the call may rely on `readAt`. Otherwise, it reads the record again when it ends. */
  readonly isLeased: boolean;
  readonly readAt: Moment;
  readonly leaseMs: number;
}

/**
 * Placements that are read from a record. A call counts only if the record still named its store when it ended. This
 * follows from a reading within the lease, because moves wait for the lease, or from a new reading.
 */
export class RecordedPlacements implements Placements {
  readonly #settings: Settings;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  get partMs(): number {
    return Math.max(this.#settings.record.reading?.table.leaseMs ?? 0, MIN_PART_MS);
  }

  async run<Result>(unit: Unit, call: RoutedCall<Result>, budget: Budget): Promise<Result> {
    for (;;) {
      const place = await this.#place(unit, budget);
      let result: Result;
      try {
        result = await call.start(place.store, budget.options());
      } catch (error) {
        if (!ThreadStoreError.is(error) || !REPEATED.has(error.code)) throw error;
        if (await this.#isCurrent(place, budget)) throw error;
        continue;
      }
      const hasChanged = call.writes && call.hasChanged(result);
      if (await this.#isCurrentAfter(place, hasChanged, budget)) return result;
      if (hasChanged) throw movedMeanwhile();
    }
  }

  async owners(budget: Budget): Promise<Owners> {
    const { table } = await this.#recent(budget);
    const { names } = this.#settings;
    const unknown = storesIn(table).find((name) => !names.has(name));
    if (unknown !== undefined) throw storeMissing(unknown);
    const ownerOf = (unit: Unit): string => this.#entry({ table }, unit).store;
    return {
      epoch: table.epoch,
      ownerOf,
      movedAfter: (epoch) => [...table.units].flatMap(([unit, { since }]) => (since > epoch ? [unit] : [])),
    };
  }

  /** Resolves with the location of a unit, as soon as calls to it may start. */
  async #place(unit: Unit, budget: Budget): Promise<Place> {
    let reading = await this.#recent(budget);
    if (isWaiting(stateIn(reading.table, unit))) reading = await this.#untilOpen(unit, budget);
    const { store, since } = this.#entry(reading, unit);
    const isLeased = stateIn(reading.table, unit) === undefined;
    const { table, readAt } = reading;
    return { unit, store, since, isLeased, readAt, leaseMs: table.leaseMs };
  }

  /** Resolves with a reading that is recent enough to start a call. */
  async #recent(budget: Budget): Promise<Reading> {
    const { record, clock } = this.#settings;
    const { reading } = record;
    // Half of the lease is left for the call.
    const isRecent = reading !== undefined && clock.since(reading.readAt) <= reading.table.leaseMs / 2;
    return isRecent ? reading : record.read(budget);
  }

  async #untilOpen(unit: Unit, budget: Budget): Promise<Reading> {
    const { record, clock, reopen } = this.#settings;
    for (let waitMs = FIRST_POLL_MS; ; waitMs = Math.min(2 * waitMs, MAX_POLL_MS)) {
      const reading = await record.read(budget);
      if (!isWaiting(stateIn(reading.table, unit))) return reading;
      if (waitMs === MAX_POLL_MS) await reopen(unit, budget);
      if (budget.left() <= waitMs) throw beingMoved();
      await clock.wait(waitMs * (0.5 + Math.random() / 2), budget.signal);
    }
  }

  /**
   * Does the same as {@link #isCurrent}. If that rejects after a write took effect, the outcome of the write is
   * unknown.
   */
  async #isCurrentAfter(place: Place, hasChanged: boolean, budget: Budget): Promise<boolean> {
    if (!hasChanged) return this.#isCurrent(place, budget);
    try {
      return await this.#isCurrent(place, budget);
    } catch (cause) {
      throw movedMeanwhile(cause);
    }
  }

  /** Resolves with whether the unit was still in the same store, and not closed yet, when the call ended. */
  async #isCurrent(
    { unit, store, since, isLeased, readAt, leaseMs }: Place,
    budget: Budget,
  ): Promise<boolean> {
    const { record, clock } = this.#settings;
    if (isLeased && clock.since(readAt) <= leaseMs) return true;
    let reading = await record.read(budget);
    if (stateIn(reading.table, unit) === "closed") reading = await this.#untilOpen(unit, budget);
    const entry = this.#entry(reading, unit);
    // If a move was given up, the unit is open again in the same store, which has all writes to it.
    return entry.store === store && entry.since === since;
  }

  #entry({ table }: Pick<Reading, "table">, unit: Unit): { readonly store: string; readonly since: number } {
    const { names, route } = this.#settings;
    const entry = entryIn(table, unit, route);
    if (names.has(entry.store)) return entry;
    throw storeMissing(entry.store);
  }
}

function storeMissing(name: string): ThreadStoreError {
  return new ThreadStoreError(
    "MISCONFIGURED",
    `The record of placements names the store ${JSON.stringify(name)}, which this router does not have. ` +
      "Pass all stores to the router in every process, by the same names. Before a store is removed, everything in it must be moved.",
  );
}

function isWaiting(state: ClosingState | undefined): boolean {
  return state === "draining" || state === "closed";
}

function beingMoved(): ThreadStoreError {
  return new ThreadStoreError(
    "UNAVAILABLE",
    "The namespace is being moved to another store, and nothing was changed. Retry.",
  );
}

function movedMeanwhile(cause?: unknown): ThreadStoreError {
  return new ThreadStoreError(
    "OUTCOME_UNKNOWN",
    "While the call was in progress, its namespace was moved to another store, and it is unknown whether the change was moved, too. Load the thread to find out.",
    cause === undefined ? {} : { cause },
  );
}
