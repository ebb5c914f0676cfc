import type { SerializedThread } from "@threadstore/core";
import type { Finding } from "../findings/finding.ts";
import { checkPolicy, type RepairPolicy } from "../findings/repair-policy.ts";
import { Repairer, type RepairChange } from "../findings/repairer.ts";
import type { Thread, ThreadSnapshot } from "../thread.ts";
import type { RepairableKind } from "../wire-form/wire-form.ts";
import { applyRepairs } from "./apply-repairs.ts";
import type { ProviderCheckOptions } from "./check-options.ts";

/** A thread of an agent, a serialized thread such as a store's `stored.thread`, or its JSON text. */
export type AnyThread = Thread | ThreadSnapshot | SerializedThread | string;

/** The result of a repair. */
export interface RepairedThread {
  /** A copy of the thread. Messages without a finding are unchanged, including the order of their members. */
  readonly thread: SerializedThread;
  /** The changes, in order; empty if there was nothing to repair. */
  readonly changes: readonly RepairChange[];
}

/**
 * Finds everything for which `deserializeThread` rejects a thread of one of these kinds, and the known faults for which
 * providers do. Returns an empty array if there is nothing.
 *
 * Throws `THREAD_INVALID` or `THREAD_TOO_NEW` for a value that is not a thread of these kinds or not well-formed
 * JSON, and `INVALID_ARGUMENT` for options.
 */
export function checkThread(
  thread: AnyThread,
  kinds: readonly RepairableKind[],
  options: ProviderCheckOptions = {},
): Finding[] {
  const repairer = new Repairer("synthesize");
  applyRepairs(thread, kinds, repairer, options);
  return repairer.findings;
}

/**
 * Repairs everything that {@link checkThread} finds, and returns a repaired copy and the changes. The result does not
 * have any findings, and repairing it again does not change it.
 *
 * Throws as `checkThread` does, and `THREAD_INVALID` with the path if the policy is to stop.
 */
export function repairThread(
  thread: AnyThread,
  kinds: readonly RepairableKind[],
  policy: RepairPolicy,
  options: ProviderCheckOptions = {},
): RepairedThread {
  checkPolicy(policy, "policy");
  const repairer = new Repairer(policy);
  return { thread: applyRepairs(thread, kinds, repairer, options), changes: repairer.changes };
}
