import { textDigest } from "../platform/digest.ts";
import type { ThreadStore } from "../thread-store.ts";
import { invalidArgument } from "../validation/invalid-argument.ts";
import { checkBooleans, checkedJobOptions, checkFunctions } from "../validation/job-options.ts";
import { checkedPrefix } from "../validation/names.ts";
import type { OptionNames } from "../validation/option-names.ts";
import { isTimeout, TIMEOUT_MAX_MS } from "../validation/store-options.ts";
import { decodeState, newState, type RemovalState, type RemovalTotals } from "./removal-state.ts";
import { clockOf, sourceDigest } from "./store-location.ts";

/** A thread, and the names of the namespaces that lead to it: none for a thread of the processed namespace itself. */
export interface ThreadLocation {
  readonly namespaces: readonly string[];
  readonly id: string;
}

/** The progress of a removal, including the calls that it continues. */
export interface RemovalProgress extends RemovalTotals {
  /** The names of the namespaces that lead to the threads that are deleted next. */
  readonly namespaces: readonly string[];
  /**
   * Continues the removal if this call does not resolve, for example because the process is killed. It knows the threads
   * that are deleted next, so that the receipt is right however many of them have been deleted. It contains their ids
   * and versions, and those of the threads that `keepNewest` keeps.
   */
  readonly cursor: string;
}

/**
 * The state of a removal: its receipt, once `finishedAt` is set. Plain data, to be kept as JSON. The totals include
 * those of the calls that this one continued.
 */
export interface RemovalResult extends RemovalTotals {
  /** When the first call started. */
  readonly startedAt: Date;
  /** When the removal finished; `undefined` if it stopped before. */
  readonly finishedAt: Date | undefined;
  /** Present if the removal is not finished. Pass it to the next call. */
  readonly cursor: string | undefined;
}

export interface RemovalOptions {
  /**
   * Whether to process the namespaces below, too.
   * @default true
   */
  readonly namespaces?: boolean | undefined;
  /**
   * Limits the job to threads whose id begins with this text. Expired threads are removed regardless of their ids.
   * @default ""
   */
  readonly prefix?: string | undefined;
  /**
   * Whether to count what would be deleted, and delete nothing.
   * @default false
   */
  readonly dryRun?: boolean | undefined;
  /** The `cursor` of an earlier call that did not finish, which this call continues. */
  readonly cursor?: string | undefined;
  /**
   * The time in milliseconds after which the call stops and resolves with a `cursor`. It ends the requests in progress,
   * which can take some seconds, and advances at least by one.
   * @default no limit
   */
  readonly stopAfterMs?: number | undefined;
  /**
   * Called before the threads of a page of up to 100 threads are deleted, and awaited. If it throws or rejects, nothing
   * more is deleted, and the call rejects with the same value.
   */
  readonly onProgress?: ((progress: RemovalProgress) => void | Promise<void>) | undefined;
  /**
   * Called for each thread that was deleted or, in a dry run, would be. For a thread that was being deleted when a call
   * was interrupted, it may be called again by the call that continues.
   */
  readonly onThread?: ((thread: ThreadLocation) => void) | undefined;
  /** Called for each corrupt record, which is kept. */
  readonly onCorrupt?: ((thread: ThreadLocation) => void) | undefined;
  /** Aborts the call. Threads that are being deleted at that moment may or may not exist. */
  readonly signal?: AbortSignal | undefined;
}

const OPTION_NAMES: OptionNames<RemovalOptions> = {
  namespaces: true,
  prefix: true,
  dryRun: true,
  cursor: true,
  stopAfterMs: true,
  onProgress: true,
  onThread: true,
  onCorrupt: true,
  signal: true,
};

/** The arguments of a removal, after their checks. */
export interface PreparedRemoval {
  readonly store: ThreadStore;
  readonly options: RemovalOptions;
  /** Identifies the store, the conditions and the options, for cursors. */
  readonly owner: string;
  /** The clock of the store, which its saves use. */
  readonly now: () => number;
  /** The state to start or continue from. */
  readonly state: RemovalState;
}

/** Checks the options, and the cursor against everything that must not change from call to call. */
export function prepareRemoval(
  store: ThreadStore,
  conditions: readonly [kind: string, ...values: unknown[]],
  options: unknown,
): PreparedRemoval {
  const checked = checkedRemovalOptions(options);
  const { namespaces = true, prefix = "", dryRun = false, cursor } = checked;
  const owner = textDigest(JSON.stringify([sourceDigest(store), namespaces, prefix, dryRun, ...conditions]));
  const now = clockOf(store);
  const state = cursor === undefined ? newState(now()) : decodeState(cursor, owner);
  return { store, options: checked, owner, now, state };
}

/** Returns a copy of the options. Throws `INVALID_ARGUMENT` unless all but the cursor are valid. */
function checkedRemovalOptions(options: unknown): RemovalOptions {
  const copy = checkedJobOptions(options, OPTION_NAMES);
  const { namespaces, dryRun, stopAfterMs, onProgress, onThread, onCorrupt } = copy;
  checkBooleans({ namespaces, dryRun });
  checkedPrefix(copy.prefix);
  checkFunctions({ onProgress, onThread, onCorrupt });
  if (stopAfterMs !== undefined && !isTimeout(stopAfterMs)) {
    throw invalidArgument(`\`stopAfterMs\` must be a number of milliseconds from 1 to ${TIMEOUT_MAX_MS}.`);
  }
  return copy;
}
