import { createId } from "@threadstore/core/documents";
import { type Budget, startBudget } from "../budget.ts";
import type { Moment } from "../placement/clock.ts";
import type { Unit } from "../placement/placements.ts";
import { entryIn, type Table } from "../placement/table.ts";
import { storeNamed } from "../root-operations.ts";
import {
  type Changes,
  copyUnit,
  deleteOthers,
  deleteUnit,
  type KnownVersions,
  type UnitCopy,
} from "./copy-unit.ts";
import type { MovePhase, MoveProgress, MoveResult, MoveTotals } from "./move-options.ts";
import {
  checkState,
  endMove,
  enterState,
  giveUp,
  type Job,
  pin,
  startCleaning,
  startMove,
  switchStore,
} from "./placement-edits.ts";
import type { RouterState } from "./router-state.ts";

/**
 * The limits of copying while the namespace is in use: the number of passes, and the number of changed threads below
 * which no further pass is made.
 */
const MAX_PASSES = 10;
const FEW_CHANGES = 20;
/** Clocks of different machines differ in how fast they run. */
const LEASE_MARGIN = 1.1;
/** The part of the lease that calls in progress get before the namespace is closed. */
const DRAIN_PART = 0.2;

/** A move of a unit by a process that has claimed it. */
export interface MoveRequest {
  readonly unit: Unit;
  readonly to: string;
  readonly isPinned: boolean;
  /** After how long the claim of a process that does not renew it expires, in milliseconds. */
  readonly claimMs: number;
  /** Aborts when the caller stops the move, or when the claim is lost. */
  readonly signal: AbortSignal;
  readonly onProgress: ((progress: MoveProgress) => void | Promise<void>) | undefined;
}

/** Moves a unit, whatever an earlier move has left. */
export async function moveUnit(state: RouterState, request: MoveRequest): Promise<MoveResult> {
  return new UnitMove(state, request).run();
}

class UnitMove {
  readonly #state: RouterState;
  readonly #request: MoveRequest;
  readonly #job: Job;
  #leaseMs = 0;
  #checkedAt: Moment | undefined;
  #totals: MoveTotals = { copied: 0, bytes: 0, deleted: 0, closedMs: 0 };

  constructor(state: RouterState, request: MoveRequest) {
    this.#state = state;
    this.#request = request;
    this.#job = { unit: request.unit, token: createId(), route: state.route };
  }

  async run(): Promise<MoveResult> {
    const { to, isPinned } = this.#request;
    const { table } = await this.#state.record.read(this.#budget());
    this.#leaseMs = table.leaseMs;
    let entry = this.#entryIn(table);
    // It was pinned after a rebalance had planned its move.
    if (entry.isPinned && !isPinned) return this.#result(entry.store);
    const { move } = entry;
    // A move that was interrupted after its switch must be cleaned up first, and an unfinished move to another store
    // given up.
    if (move !== undefined && (move.state === "cleaning" || move.other !== to)) {
      entry = await this.#clean(entry.store, move.other);
    }
    if (entry.store === to) {
      if (isPinned) await this.#state.record.change(pin(this.#job, to), this.#budget());
      return this.#result(to);
    }
    await this.#move(entry.store);
    await this.#clean(to, entry.store);
    return this.#result(to);
  }

  #result(store: string): MoveResult {
    return { ...this.#totals, store };
  }

  #entryIn(table: Table): ReturnType<typeof entryIn> {
    return entryIn(table, this.#request.unit, this.#state.route);
  }

  async #move(from: string): Promise<void> {
    const { record } = this.#state;
    const { to, isPinned } = this.#request;
    await record.change(startMove(this.#job, to), this.#budget());
    try {
      const known = await this.#copyWhileInUse(from);
      const versions = await this.#close(from, known);
      await this.#copyRest(from, versions);
      await record.change(switchStore(this.#job, isPinned), this.#budget());
    } catch (error) {
      // The copied threads stay in the target, where no call finds them, until the move is started again.
      await record.change(giveUp(this.#job), this.#unabortedBudget()).catch(() => undefined);
      throw error;
    }
  }

  async #copyWhileInUse(from: string): Promise<KnownVersions> {
    let known: KnownVersions = new Map();
    for (let passes = 1; ; passes += 1) {
      const pass = await copyUnit(this.#copy("copying", from), known);
      known = pass.versions;
      if (pass.copied <= FEW_CHANGES || passes === MAX_PASSES) return known;
    }
  }

  /** Waits until no call relies on an earlier state of the record, and closes the unit. */
  async #close(from: string, known: KnownVersions): Promise<KnownVersions> {
    const { record, clock } = this.#state;
    const { signal } = this.#request;
    await record.change(enterState(this.#job, "closing"), this.#budget());
    const closingAt = clock.now();
    const { versions } = await copyUnit(this.#copy("closing", from), known);
    await clock.wait(Math.max(0, this.#leaseMs * LEASE_MARGIN - clock.since(closingAt)), signal);
    await record.change(enterState(this.#job, "draining"), this.#budget());
    await clock.wait(this.#leaseMs * DRAIN_PART, signal);
    await record.change(enterState(this.#job, "closed"), this.#budget());
    return versions;
  }

  async #copyRest(from: string, known: KnownVersions): Promise<void> {
    const { clock } = this.#state;
    const closedAt = clock.now();
    const copy = this.#copy("closed", from);
    const { versions } = await copyUnit(copy, known);
    await deleteOthers(copy, versions);
    this.#totals = { ...this.#totals, closedMs: clock.since(closedAt) + this.#leaseMs * DRAIN_PART };
  }

  /** Deletes the remains of the unit in `other`, and ends the job. */
  async #clean(store: string, other: string): Promise<ReturnType<typeof entryIn>> {
    const { record } = this.#state;
    await record.change(startCleaning(this.#job, other), this.#budget());
    await deleteUnit(this.#copy("cleaning", other, store));
    return this.#entryIn(await record.change(endMove(this.#job), this.#budget()));
  }

  #copy(phase: MovePhase, from: string, to: string = this.#request.to): UnitCopy {
    const { stores, record, clock } = this.#state;
    const { unit, signal, claimMs } = this.#request;
    const recheckMs = claimMs / 3;
    return {
      unit,
      from: storeNamed(stores, from),
      to: storeNamed(stores, to),
      signal,
      check: async () => {
        signal.throwIfAborted();
        this.#checkedAt = clock.now();
        const { table } = await record.read(this.#budget());
        checkState(this.#job, table, phase);
      },
      recheck: async () => {
        if (this.#checkedAt === undefined || clock.since(this.#checkedAt) > recheckMs)
          await this.#copy(phase, from, to).check();
      },
      onPage: async (changes) => this.#report(phase, from, changes),
    };
  }

  async #report(phase: MovePhase, from: string, { copied, bytes, deleted }: Changes): Promise<void> {
    const { unit, to, onProgress } = this.#request;
    this.#totals = {
      ...this.#totals,
      copied: this.#totals.copied + copied,
      bytes: this.#totals.bytes + bytes,
      deleted: this.#totals.deleted + deleted,
    };
    await onProgress?.({ ...this.#totals, namespace: unit, from, to, phase });
  }

  #budget(): Budget {
    return startBudget({ signal: this.#request.signal }, this.#state.timeoutMs);
  }

  #unabortedBudget(): Budget {
    return startBudget({}, this.#state.timeoutMs);
  }
}
