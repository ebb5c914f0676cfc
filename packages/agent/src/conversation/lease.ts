import type { ThreadStore } from "@threadstore/core";
import { acquireLease, type LeaseSettings } from "@threadstore/core/documents";
import { AgentError } from "../agent-error.ts";

/** Performs `work` while holding the conversation's lease, which one process can hold at a time. */
export async function withLease<Result>(
  { store, id, lease }: { store: ThreadStore; id: string; lease: LeaseSettings | undefined },
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  if (lease === undefined) return work(signal);
  const held = await acquireLease({ store, id, lease }, signal);
  if (held === undefined) throw busy(lease.waitMs);
  const lost = new AbortController();
  held.keepRenewed((cause) => lost.abort(leaseLost(cause)));
  try {
    return await work(AbortSignal.any([signal, lost.signal]));
  } finally {
    await held.release();
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
