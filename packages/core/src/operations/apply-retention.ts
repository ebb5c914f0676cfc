import { compareUtf8 } from "../listing/compare-utf8.ts";
import type { ThreadMetadata, ThreadStore } from "../thread-store.ts";
import { copyOptions } from "../validation/call-options.ts";
import { invalidArgument } from "../validation/invalid-argument.ts";
import { checkStore } from "../validation/job-options.ts";
import { type OptionNames, remedyOf, unknownOption } from "../validation/option-names.ts";
import { checkedSelection, digestOfWhere } from "../validation/where.ts";
import { prepareRemoval, type RemovalOptions, type RemovalResult } from "./removal-options.ts";
import { type Target, targetOf } from "./removal-state.ts";
import { runRemoval, type Select } from "./removal.ts";
import { selectionOf } from "./selection.ts";

/** The threads to delete: those that meet all conditions that are set. At least one must be set. */
export interface RetentionPolicy {
  /**
   * Deletes threads whose latest save, append or touch was longer ago than this, in milliseconds. The clocks of the
   * processes that saved them determine their times.
   */
  readonly olderThanMs?: number | undefined;
  /**
   * Keeps so many threads of each namespace: the newest by `updatedAt`, and of those with the same time the first by id.
   * 1 to 1000. With `where`, the newest of those that match.
   */
  readonly keepNewest?: number | undefined;
  /** Limits the policy to threads whose metadata has all of these members, each with exactly this value. */
  readonly where?: Readonly<ThreadMetadata> | undefined;
}

const POLICY_NAMES: OptionNames<RetentionPolicy> = {
  olderThanMs: "either",
  keepNewest: "either",
  where: true,
};
const KEEP_MAX = 1000;

/**
 * Deletes the threads of a store or view, and of all namespaces below, that a policy does not keep. Pass the store that
 * your application uses, with all of its decorators: they know which records belong to a thread.
 *
 * Each thread is deleted only at the version that was listed, so one that is saved in the meantime stays. Also removes
 * the bytes of expired threads, whatever the policy. Keeps corrupt records, whose times and metadata are unreadable, and
 * counts them. Contents are not read, unless a decorator needs them to delete a thread.
 *
 * Any process can continue from a cursor. The times of the policy then still count from the first call. Finally resolves
 * with a receipt. Rejects with `INVALID_ARGUMENT`, with `MISCONFIGURED` if the store has sealed metadata and the policy a
 * `where`, but the store does not have the layer that can read it, or with any error of the store's methods: continue from
 * the last cursor that `onProgress` received.
 */
export async function applyRetention(
  store: ThreadStore,
  policy: RetentionPolicy,
  options: RemovalOptions = {},
): Promise<RemovalResult> {
  checkStore("store", store);
  const { olderThanMs, keepNewest, where } = checkedPolicy(policy);
  const conditions = ["retention", olderThanMs, keepNewest, where && digestOfWhere(where)] as const;
  const prepared = prepareRemoval(store, conditions, options);
  const { startedAt } = prepared.state;
  const savedBefore = olderThanMs === undefined ? Number.POSITIVE_INFINITY : startedAt - olderThanMs;
  const isSelected = where === undefined ? (): boolean => true : selectionOf(store, where);
  const select: Select = (threads, newest) => {
    const matching = threads.filter((thread) => isSelected(thread)).map(targetOf);
    const { kept, others } = keepFirst(keepNewest, newest, matching);
    return { newest: kept, targets: others.filter(({ updatedAt }) => updatedAt < savedBefore) };
  };
  return runRemoval({
    ...prepared,
    needsMetadata: where !== undefined,
    deletesCorrupt: false,
    repeats: false,
    select,
  });
}

/** Returns a copy of the policy. Throws `INVALID_ARGUMENT` unless it is valid. */
function checkedPolicy(policy: unknown): RetentionPolicy {
  const copy: RetentionPolicy = copyOptions(policy, remedyOf(POLICY_NAMES));
  const problem = unknownOption(copy, POLICY_NAMES);
  if (problem !== undefined) throw invalidArgument(problem);
  const { olderThanMs, keepNewest, where } = copy;
  if (olderThanMs !== undefined && !(Number.isFinite(olderThanMs) && olderThanMs > 0)) {
    throw invalidArgument(
      "`olderThanMs` must be a positive number of milliseconds. Pass the age of the threads to delete.",
    );
  }
  const isCount = Number.isInteger(keepNewest) && Number(keepNewest) >= 1 && Number(keepNewest) <= KEEP_MAX;
  if (keepNewest !== undefined && !isCount) {
    throw invalidArgument(`\`keepNewest\` must be an integer from 1 to ${KEEP_MAX}.`);
  }
  if (olderThanMs === undefined && keepNewest === undefined && where === undefined) {
    throw invalidArgument(
      "A retention policy must have at least one condition. Set `olderThanMs`, `keepNewest` or `where`, or call `erase` to delete everything.",
    );
  }
  return { olderThanMs, keepNewest, where: where === undefined ? undefined : checkedSelection(where) };
}

/**
 * Returns the newest `count` of the threads, and the others. All others are older than `count` threads that exist, so
 * they can be deleted before the rest of the namespace is listed.
 */
function keepFirst(
  count: number | undefined,
  newest: readonly Target[],
  threads: readonly Target[],
): { readonly kept: readonly Target[]; readonly others: readonly Target[] } {
  if (count === undefined) return { kept: [], others: threads };
  // A thread that a listing repeats must not take two places.
  const byId = new Map([...newest, ...threads].map((thread) => [thread.id, thread]));
  const sorted = [...byId.values()].toSorted(newestFirst);
  return { kept: sorted.slice(0, count), others: sorted.slice(count) };
}

function newestFirst(left: Target, right: Target): number {
  return right.updatedAt - left.updatedAt || compareUtf8(left.id, right.id);
}
