import { type ThreadStore, ThreadStoreError } from "@threadstore/core";
import { acquireLease, textDigest } from "@threadstore/core/documents";
import type { Unit } from "./placements.ts";

/**
 * The name of the claim of a job that changes the weights. Neither a namespace nor the unit of threads without a
 * namespace has this name.
 */
export const ALL_UNITS: Unit = "\0weights";

/** The right to move a unit, which one process can have at a time. */
export interface Claim {
  /** Aborts when the claim is lost, because the process could not renew it in time. */
  readonly signal: AbortSignal;
  release(): Promise<void>;
}

/** How long claims last. */
export interface ClaimSettings {
  /** After how long the claim of a dead process expires. */
  readonly durationMs: number;
  /** How long to wait for a claim that another process has. */
  readonly waitMs: number;
}

/** Claims a unit. Resolves with `undefined` if another process still has it after `waitMs`. */
export async function claimUnit(
  store: ThreadStore,
  unit: Unit,
  settings: ClaimSettings,
  signal?: AbortSignal,
): Promise<Claim | undefined> {
  // A digest, because a namespace can be as long as an id.
  const lease = await acquireLease({ store, id: `move-${textDigest(unit)}`, lease: settings }, signal);
  if (lease === undefined) return undefined;
  const lost = new AbortController();
  lease.keepRenewed((cause) => {
    const message = "The move was stopped, because its claim could not be renewed in time. Start it again.";
    lost.abort(new ThreadStoreError("UNAVAILABLE", message, { cause }));
  });
  return { signal: lost.signal, release: async () => lease.release() };
}
