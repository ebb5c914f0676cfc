import type { ThreadStore } from "@threadstore/core";
import type { OptionNames } from "@threadstore/core/documents";
import type { SessionStore, SessionStoreOptions, SnapshotMutator } from "genkit/beta";
import { type Location, locate, locateTenant, nameIn } from "./location.ts";
import { addToIndex, indexedAs, latestSnapshot } from "./session-index.ts";
import { checkedSnapshot, readSnapshot, snapshotJson, typedSnapshot } from "./snapshot-document.ts";
import { checkedStore, invalidArgument } from "./snapshot-error.ts";
import { watchSnapshot } from "./watch-snapshot.ts";

/** Options of {@link threadSessionStore}. */
export interface ThreadSessionStoreOptions {
  /** The store to keep the sessions in. Pass a namespace that nothing else writes to: `store.namespace("genkit")`. */
  readonly store: ThreadStore;
  /**
   * Returns the tenant of a call, such as the id of the signed-in user in `options.context`. Each tenant has its own
   * sessions and cannot read those of others. If it returns anything but a non-empty string, the call rejects.
   * @default one namespace for all calls
   */
  readonly tenant?: ((options: SessionStoreOptions) => string) | undefined;
  /**
   * Whether to reject with `SESSION_BRANCHED` if a session is resumed by its id and has several latest snapshots,
   * instead of resuming the one that was created last.
   * @default false
   */
  readonly rejectBranchingSessions?: boolean | undefined;
  /**
   * How often to look for an abort of a detached turn, in milliseconds.
   * @default 2000
   */
  readonly pollIntervalMs?: number | undefined;
}

const OPTION_NAMES: OptionNames<ThreadSessionStoreOptions> = {
  store: true,
  tenant: true,
  rejectBranchingSessions: true,
  pollIntervalMs: true,
};
const DEFAULT_POLL_INTERVAL_MS = 2000;
const MAX_POLL_INTERVAL_MS = 2_147_483_647;

/**
 * Creates a session store of Genkit's agents in any `ThreadStore`, to pass as `store` to `defineAgent`. Creating one
 * reads and writes nothing. Several processes can use one session at the same time.
 *
 * Calls reject with a `SnapshotError`, with the store's `ThreadStoreError`, or with the error that a mutator throws.
 * Throws `INVALID_ARGUMENT` for invalid options.
 */
export function threadSessionStore<S = unknown>(
  options: ThreadSessionStoreOptions,
): Required<SessionStore<S>> {
  const { store, tenant, rejectBranchingSessions = false, pollIntervalMs } = checkedOptions(options);
  const locationOf = ({ context }: SessionStoreOptions = {}): Location =>
    tenant === undefined ? locate(store) : locateTenant(store, tenant({ ...(context && { context }) }));
  return {
    async getSnapshot(lookup) {
      const { snapshotId, sessionId } = lookup ?? {};
      if (snapshotId !== undefined && sessionId === undefined) {
        const stored = await locationOf(lookup).snapshots.load(nameIn(snapshotId, "snapshotId"));
        return stored && typedSnapshot<S>(readSnapshot(stored, snapshotId));
      }
      if (sessionId === undefined || snapshotId !== undefined) {
        throw invalidArgument("options", "an object with either `snapshotId` or `sessionId`");
      }
      const latest = await latestSnapshot(locationOf(lookup), sessionId, rejectBranchingSessions);
      return latest && typedSnapshot<S>(latest);
    },

    saveSnapshot: async (snapshotId, mutator, call) =>
      snapshotId === undefined
        ? createSnapshot(locationOf(call), mutator)
        : saveSnapshot(locationOf(call), snapshotId, mutator),

    onSnapshotStateChange(snapshotId, callback, call) {
      return watchSnapshot({
        snapshots: locationOf(call).snapshots,
        snapshotId,
        pollIntervalMs,
        onChange: (snapshot) => callback(typedSnapshot<S>(snapshot)),
      });
    },
  };
}

/** Saves a snapshot under the id that it has, or under a new one. */
async function createSnapshot<S>(location: Location, mutator: SnapshotMutator<S>): Promise<string | null> {
  const input = mutator(undefined);
  if (input === null) return null;
  const id: unknown = (input as { readonly snapshotId?: unknown } | undefined)?.snapshotId;
  if (id !== undefined) nameIn(id, "snapshot.snapshotId");
  return saveSnapshot(location, input?.snapshotId ?? globalThis.crypto.randomUUID(), () => input);
}

async function saveSnapshot<S>(
  { snapshots, sessions }: Location,
  snapshotId: string,
  mutator: SnapshotMutator<S>,
): Promise<string | null> {
  let savedId: string | null = null;
  await snapshots.update(nameIn(snapshotId, "snapshotId"), async (stored) => {
    const current = stored && readSnapshot(stored, snapshotId);
    // Read before the mutator runs, because it may change the snapshot that it receives.
    const before = current && { parentId: current.parentId, indexedAs: indexedAs(current) };
    const input = mutator(current && typedSnapshot<S>(current));
    savedId = input === null ? null : snapshotId;
    if (input === null) return null;
    const snapshot = checkedSnapshot(input, snapshotId, before?.parentId);
    if (indexedAs(snapshot) !== before?.indexedAs) await addToIndex(sessions, snapshot);
    return snapshotJson(snapshot);
  });
  return savedId;
}

interface CheckedOptions extends ThreadSessionStoreOptions {
  readonly pollIntervalMs: number;
}

function checkedOptions(options: unknown): CheckedOptions {
  const store = checkedStore(options, OPTION_NAMES);
  const members = options as { readonly [name: string]: unknown };
  const { tenant, rejectBranchingSessions, pollIntervalMs = DEFAULT_POLL_INTERVAL_MS } = members;
  if (tenant !== undefined && typeof tenant !== "function") {
    throw invalidArgument("tenant", "a function", tenant);
  }
  if (rejectBranchingSessions !== undefined && typeof rejectBranchingSessions !== "boolean") {
    throw invalidArgument("rejectBranchingSessions", "a boolean", rejectBranchingSessions);
  }
  if (typeof pollIntervalMs !== "number" || !isTimerDelay(pollIntervalMs)) {
    throw invalidArgument("pollIntervalMs", `an integer from 1 to ${MAX_POLL_INTERVAL_MS}`, pollIntervalMs);
  }
  return {
    store,
    tenant: tenant as ThreadSessionStoreOptions["tenant"],
    rejectBranchingSessions,
    pollIntervalMs,
  };
}

function isTimerDelay(value: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= MAX_POLL_INTERVAL_MS;
}
