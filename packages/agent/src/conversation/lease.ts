import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { type StoredThread, type ThreadStore, ThreadStoreError } from "@threadstore/core";
import { AgentError } from "../agent-error.ts";
import type { LeaseSettings } from "./conversation-options.ts";

// A separate namespace keeps leases out of listings of threads.
const LEASE_NAMESPACE = "threadstore-leases";
const FIRST_BACKOFF_MS = 25;
const MAX_BACKOFF_MS = 500;

/**
 * Performs `work` while holding the conversation's lease, which one process can hold at a time.
 *
 * The lease only avoids conflicting runs. Each save keeps the thread safe with a precondition on its version, even if
 * a process is suspended for longer than its lease lasts or clocks differ.
 */
export async function withLease<Result>(
  { store, id, lease }: { store: ThreadStore; id: string; lease: LeaseSettings | undefined },
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  if (lease === undefined) return work(signal);
  const held = await HeldLease.acquire(store.namespace(LEASE_NAMESPACE), id, lease, signal);
  try {
    return await work(AbortSignal.any([signal, held.lost]));
  } finally {
    await held.release();
  }
}

class HeldLease {
  readonly #leases: ThreadStore;
  readonly #settings: LeaseSettings;
  readonly #lost = new AbortController();
  readonly #released = new AbortController();
  readonly #renewing: Promise<void>;
  #record: StoredThread;
  /** When the lease expires, on the monotonic clock. */
  #expiresAt: number;

  private constructor(leases: ThreadStore, settings: LeaseSettings, record: StoredThread, expiresAt: number) {
    this.#leases = leases;
    this.#settings = settings;
    this.#record = record;
    this.#expiresAt = expiresAt;
    this.#renewing = this.#renew();
  }

  static async acquire(
    leases: ThreadStore,
    id: string,
    settings: LeaseSettings,
    signal: AbortSignal,
  ): Promise<HeldLease> {
    const ttlMs = settings.durationMs;
    const deadline = performance.now() + settings.waitMs;
    for (let backoffMs = FIRST_BACKOFF_MS; ; backoffMs = Math.min(2 * backoffMs, MAX_BACKOFF_MS)) {
      const expiresAt = performance.now() + ttlMs;
      try {
        const record = await leases.save(id, { holder: randomUUID() }, { ttlMs, signal });
        return new HeldLease(leases, settings, record, expiresAt);
      } catch (error) {
        if (!ThreadStoreError.is(error, "CONFLICT")) throw error;
      }
      if (performance.now() >= deadline) throw busy(settings.waitMs);
      // With jitter, so that waiting processes do not all try at the same moment.
      await sleep(backoffMs * (0.5 + Math.random()), undefined, { signal }).catch((error: unknown) => {
        signal.throwIfAborted();
        throw error;
      });
    }
  }

  /** Aborts if the lease ends before it is released. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  async release(): Promise<void> {
    this.#released.abort();
    await this.#renewing;
    // If the record cannot be deleted, it expires.
    await Promise.allSettled([this.#leases.delete(this.#record.id, { previous: this.#record })]);
  }

  async #renew(): Promise<void> {
    const ttlMs = this.#settings.durationMs;
    const { signal } = this.#released;
    const wait = async () => sleep(ttlMs / 3, undefined, { signal, ref: false }).catch(() => undefined);
    for (await wait(); !signal.aborted; await wait()) {
      const now = performance.now();
      const [renewal] = await Promise.allSettled([
        this.#leases.save(this.#record.id, this.#record.thread, {
          previous: this.#record,
          ttlMs,
          timeoutMs: Math.max(1, this.#expiresAt - now),
        }),
      ]);
      if (renewal.status === "fulfilled") {
        this.#record = renewal.value;
        this.#expiresAt = now + ttlMs;
      } else if (ThreadStoreError.is(renewal.reason, "CONFLICT") || performance.now() >= this.#expiresAt) {
        this.#lost.abort(leaseLost(renewal.reason));
        return;
      }
    }
  }
}

function busy(waitMs: number): AgentError {
  const message = `Another run has held this conversation's lease for ${waitMs} ms. Try again later, or raise lease.waitMs.`;
  return new AgentError("CONVERSATION_BUSY", message);
}

function leaseLost(cause: unknown): AgentError {
  const message =
    "The lease of this conversation could not be renewed in time, so another process may have continued the conversation. Run again; see the cause.";
  return new AgentError("LEASE_LOST", message, { cause });
}
