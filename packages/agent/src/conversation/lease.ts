import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { type StoredThread, type ThreadStore, ThreadStoreError } from "@threadstore/core";
import { AgentError } from "../agent-error.ts";
import type { LeaseSettings } from "./conversation-options.ts";

// Beside the threads and in none of their listings.
const namespace = "threadstore-leases";
const firstPauseMs = 25;
const longestPauseMs = 500;

/**
 * Does `work` as the only holder of the conversation's lease, among all processes.
 *
 * The lease is a courtesy: it spares runs that would conflict. What keeps the thread safe is that each save names
 * the version it replaces, also when a process is stopped for longer than its lease lasts, or clocks differ.
 */
export async function withLease<Result>(
  { store, id, lease }: { store: ThreadStore; id: string; lease: LeaseSettings | undefined },
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  if (lease === undefined) return work(signal);
  const held = await Held.acquire(store.namespace(namespace), id, lease, signal);
  try {
    return await work(AbortSignal.any([signal, held.lost]));
  } finally {
    await held.release();
  }
}

class Held {
  readonly #leases: ThreadStore;
  readonly #lease: LeaseSettings;
  readonly #lost = new AbortController();
  readonly #released = new AbortController();
  readonly #renewing: Promise<void>;
  #record: StoredThread;
  #until: number;

  private constructor(leases: ThreadStore, lease: LeaseSettings, record: StoredThread, until: number) {
    this.#leases = leases;
    this.#lease = lease;
    this.#record = record;
    this.#until = until;
    this.#renewing = this.#renew();
  }

  static async acquire(
    leases: ThreadStore,
    id: string,
    lease: LeaseSettings,
    signal: AbortSignal,
  ): Promise<Held> {
    const ttlMs = lease.durationMs;
    const deadline = performance.now() + lease.waitMs;
    for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
      const until = performance.now() + ttlMs;
      try {
        const record = await leases.save(id, { holder: randomUUID() }, { ttlMs, signal });
        return new Held(leases, lease, record, until);
      } catch (error) {
        if (!ThreadStoreError.is(error, "CONFLICT")) throw error;
      }
      if (performance.now() >= deadline) throw busy(lease.waitMs);
      // Not all at the same moment.
      await wait(pauseMs * (0.5 + Math.random()), undefined, { signal }).catch((error: unknown) => {
        signal.throwIfAborted();
        throw error;
      });
    }
  }

  /** Aborted when the lease ended although the process lives. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  async release(): Promise<void> {
    this.#released.abort();
    await this.#renewing;
    // What cannot be removed ends by itself.
    await Promise.allSettled([this.#leases.delete(this.#record.id, { previous: this.#record })]);
  }

  async #renew(): Promise<void> {
    const ttlMs = this.#lease.durationMs;
    const { signal } = this.#released;
    const pause = async () => wait(ttlMs / 3, undefined, { signal, ref: false }).catch(() => undefined);
    for (await pause(); !signal.aborted; await pause()) {
      const now = performance.now();
      const [renewal] = await Promise.allSettled([
        this.#leases.save(this.#record.id, this.#record.thread, {
          previous: this.#record,
          ttlMs,
          timeoutMs: Math.max(1, this.#until - now),
        }),
      ]);
      if (renewal.status === "fulfilled") {
        this.#record = renewal.value;
        this.#until = now + ttlMs;
      } else if (ThreadStoreError.is(renewal.reason, "CONFLICT") || performance.now() >= this.#until) {
        this.#lost.abort(lost(renewal.reason));
        return;
      }
    }
  }
}

function busy(waitMs: number): AgentError {
  const message = `Another run has worked on this conversation for the last ${waitMs} ms. Try again later, or raise lease.waitMs.`;
  return new AgentError("CONVERSATION_BUSY", message);
}

function lost(cause: unknown): AgentError {
  const message =
    "The lease of this conversation could not be renewed in time, and another process may go on with it: see the cause. Run again.";
  return new AgentError("LEASE_LOST", message, { cause });
}
