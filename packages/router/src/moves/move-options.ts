import {
  checkFunctions,
  checkedJobOptions,
  invalidArgument,
  type OptionNames,
} from "@threadstore/core/decorator";

/** Options of `moveNamespace` and `rebalance`. */
export interface MoveOptions {
  /** Called with the progress of each move. The move waits for the result. */
  readonly onProgress?: ((progress: MoveProgress) => void | Promise<void>) | undefined;
  /**
   * The time in milliseconds after which, if this process has died, another process may continue the move, and calls
   * that wait for it continue. This process renews its claim after a third of that time.
   * @default 30_000
   */
  readonly claimMs?: number | undefined;
  /** Stops the move: the namespace stays in its store, or is in the new one if it was switched. */
  readonly signal?: AbortSignal | undefined;
}

export const MOVE_OPTION_NAMES: OptionNames<MoveOptions> = { onProgress: true, claimMs: true, signal: true };

/**
 * The phases of a move, in their order.
 *
 * - `copying`: the threads are copied while the namespace is in use, repeatedly until few have changed.
 * - `closing`: the move waits until no process relies on an earlier state of the record of placements.
 * - `closed`: calls to the namespace wait, while the threads that have changed since are copied.
 * - `cleaning`: the namespace is in its new store, and is deleted from the old one.
 */
export type MovePhase = "copying" | "closing" | "closed" | "cleaning";

export interface MoveProgress extends MoveTotals {
  readonly namespace: string;
  readonly from: string;
  readonly to: string;
  readonly phase: MovePhase;
}

export interface MoveTotals {
  /** The number of threads that this call has written to the new store. A thread that has changed counts again. */
  readonly copied: number;
  /** The sum of their sizes, in bytes of their JSON. */
  readonly bytes: number;
  /** The number of threads that were deleted: in the old store, and copies of deleted threads in the new store. */
  readonly deleted: number;
  /** How long calls to the namespace had to wait, in milliseconds. */
  readonly closedMs: number;
}

/** The result of a move. */
export interface MoveResult extends MoveTotals {
  /** The store that has the namespace. */
  readonly store: string;
}

const DEFAULT_CLAIM_MS = 30_000;

/** Returns a copy of the options with defaults. Throws `INVALID_ARGUMENT`. */
export function checkedMoveOptions<Options extends MoveOptions>(
  options: unknown,
  names: OptionNames<Options>,
): Options & { readonly claimMs: number } {
  const copy = checkedJobOptions(options, names);
  const { onProgress, claimMs = DEFAULT_CLAIM_MS } = copy;
  checkFunctions({ onProgress });
  if (!Number.isFinite(claimMs) || claimMs < 100) {
    throw invalidArgument("`claimMs` must be a number of milliseconds of at least 100.");
  }
  return { ...copy, claimMs };
}
