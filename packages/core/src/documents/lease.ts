import { randomUUID, wait } from "#platform";
import { ThreadStoreError } from "../errors.ts";
import { textDigest } from "../platform/digest.ts";
import { untilAborted } from "../runtime/until-aborted.ts";
import type { StoredThread, ThreadStore } from "../thread-store.ts";
import { LEASE_NAMESPACE } from "../validation/names.ts";

/** Options of a lease. */
export interface LeaseOptions {
  /**
   * The time until the lease of a dead process expires, in milliseconds. A live process renews it after a third of
   * that.
   * @default 30000
   */
  readonly durationMs?: number | undefined;
  /**
   * How long a run or request waits for the lease before it rejects with `CONVERSATION_BUSY`, in milliseconds.
   * @default 60000
   */
  readonly waitMs?: number | undefined;
}

/** Validated {@link LeaseOptions}, with defaults. */
export interface LeaseSettings {
  readonly durationMs: number;
  readonly waitMs: number;
}

/** A lease that this process holds. */
export interface Lease {
  /** Renews the lease until it is released or lost. `onLost` receives the error that lost it. */
  keepRenewed(onLost?: (cause: unknown) => void): void;
  /** Deletes the lease, so that others can acquire it at once. Never rejects: otherwise, the lease expires. */
  release(): Promise<void>;
}

export const DEFAULT_LEASE: LeaseSettings = { durationMs: 30_000, waitMs: 60_000 };

const FIRST_BACKOFF_MS = 25;
const MAX_BACKOFF_MS = 500;

/**
 * Validates the option `lease`. Returns `undefined` if it is `false`. Throws the error that `invalid` creates from the
 * path of an invalid option and the requirement.
 */
export function readLeaseOptions(
  lease: boolean | LeaseOptions,
  invalid: (path: string, requirement: string) => Error,
): LeaseSettings | undefined {
  if (lease === false) return undefined;
  if (lease !== true && (typeof lease !== "object" || lease === null)) {
    throw invalid("lease", "a boolean or an object");
  }
  const { durationMs = DEFAULT_LEASE.durationMs, waitMs = DEFAULT_LEASE.waitMs } =
    lease === true ? {} : lease;
  if (!Number.isFinite(durationMs) || durationMs < 100) {
    throw invalid("lease.durationMs", "at least 100 milliseconds");
  }
  if (!Number.isFinite(waitMs) || waitMs < 0) {
    throw invalid("lease.waitMs", "a non-negative number of milliseconds");
  }
  return { durationMs, waitMs };
}

/**
 * Acquires the lease of a conversation, which one process can hold at a time. Resolves with `undefined` if others held
 * it for `waitMs`. A call that the signal aborts does not leave a lease.
 *
 * The lease only avoids concurrent turns. Each save keeps the thread safe with a precondition on its version, even if a
 * process is suspended for longer than its lease lasts or clocks differ.
 */
export async function acquireLease(
  { store, id, lease }: { readonly store: ThreadStore; readonly id: string; readonly lease: LeaseSettings },
  signal?: AbortSignal,
): Promise<Lease | undefined> {
  const { leases, name } = locateLease(store, id);
  const ttlMs = lease.durationMs;
  const deadline = performance.now() + lease.waitMs;
  for (let backoffMs = FIRST_BACKOFF_MS; ; backoffMs = Math.min(2 * backoffMs, MAX_BACKOFF_MS)) {
    signal?.throwIfAborted();
    const expiresAt = performance.now() + ttlMs;
    // Without the signal: an aborted save may still create the record.
    const acquiring = leases
      .save(name, { holder: randomUUID() }, { ttlMs })
      .then((record) => new HeldLease(leases, ttlMs, record, expiresAt));
    try {
      return await untilAborted(acquiring, signal);
    } catch (error) {
      if (signal?.aborted === true)
        void acquiring.then(async (held) => held.release()).catch(() => undefined);
      if (!ThreadStoreError.is(error, "CONFLICT")) throw error;
    }
    if (performance.now() >= deadline) return undefined;
    // With jitter, so that waiting processes do not all try at the same moment.
    await wait(backoffMs * (0.5 + Math.random()), { signal }).catch((error: unknown) => {
      signal?.throwIfAborted();
      throw error;
    });
  }
}

/** Returns the namespace and the id of the lease of a conversation. */
function locateLease(
  store: ThreadStore,
  id: string,
): { readonly leases: ThreadStore; readonly name: string } {
  try {
    return { leases: store.namespace(LEASE_NAMESPACE), name: id };
  } catch (error) {
    if (!ThreadStoreError.is(error, "INVALID_ARGUMENT")) throw error;
    // The store's own namespace is too long to contain another one. Turns that wait there must be able to end.
    return { leases: store, name: `${LEASE_NAMESPACE}-${textDigest(id)}` };
  }
}

class HeldLease implements Lease {
  readonly #leases: ThreadStore;
  readonly #ttlMs: number;
  readonly #released = new AbortController();
  #renewing: Promise<void> | undefined;
  #record: StoredThread;
  /** When the lease expires, on the monotonic clock. */
  #expiresAt: number;

  constructor(leases: ThreadStore, ttlMs: number, record: StoredThread, expiresAt: number) {
    this.#leases = leases;
    this.#ttlMs = ttlMs;
    this.#record = record;
    this.#expiresAt = expiresAt;
  }

  keepRenewed(onLost: (cause: unknown) => void = () => undefined): void {
    this.#renewing ??= this.#renew(onLost);
  }

  async release(): Promise<void> {
    this.#released.abort();
    await this.#renewing;
    // If the record cannot be deleted, it expires.
    await Promise.allSettled([this.#leases.delete(this.#record.id, { previous: this.#record })]);
  }

  async #renew(onLost: (cause: unknown) => void): Promise<void> {
    const { signal } = this.#released;
    const untilDue = async (): Promise<unknown> => {
      return wait(this.#ttlMs / 3, { signal, ref: false }).catch(() => undefined);
    };
    for (await untilDue(); !signal.aborted; await untilDue()) {
      const now = performance.now();
      const [renewal] = await Promise.allSettled([
        this.#leases.save(this.#record.id, this.#record.thread, {
          previous: this.#record,
          ttlMs: this.#ttlMs,
          timeoutMs: Math.max(1, this.#expiresAt - now),
        }),
      ]);
      if (renewal.status === "fulfilled") {
        this.#record = renewal.value;
        this.#expiresAt = now + this.#ttlMs;
      } else if (ThreadStoreError.is(renewal.reason, "CONFLICT") || performance.now() >= this.#expiresAt) {
        onLost(renewal.reason);
        return;
      }
    }
  }
}
