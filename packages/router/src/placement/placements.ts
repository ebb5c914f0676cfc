import type { CallOptions } from "@threadstore/core";
import type { Budget } from "../budget.ts";

/**
 * The unit that is placed in one store: a namespace of the router with all namespaces in it, identified by its name, or
 * the threads without a namespace, identified by the empty string.
 */
export type Unit = string;

/** A call to the store that has a unit. */
export interface RoutedCall<Result> {
  /** Whether the call can change the unit. */
  readonly writes: boolean;
  /** Starts the call in the store of this name. Called again if the unit was moved before the call took effect. */
  readonly start: (store: string, options: CallOptions) => Promise<Result>;
  /** Returns whether a call with this result has changed the unit. */
  readonly hasChanged: (result: Result) => boolean;
}

/** Knows which store has which unit. */
export interface Placements {
  /** How long a part of a long call may take, in milliseconds, so that it is known to be valid when it ends. */
  readonly partMs: number;
  /** Runs a call in the store that has the unit. */
  run<Result>(unit: Unit, call: RoutedCall<Result>, budget: Budget): Promise<Result>;
  /**
   * Resolves with the stores of all units. Rejects with `MISCONFIGURED` if the router does not have one of them, because
   * a call that visits all stores would leave out its threads.
   */
  owners(budget: Budget): Promise<Owners>;
}

/** Which store has which unit, at one moment. */
export interface Owners {
  /** Increases with each change. */
  readonly epoch: number;
  ownerOf(unit: Unit): string;
  /** Returns the units that have come to their store after an epoch. */
  movedAfter(epoch: number): readonly Unit[];
}
