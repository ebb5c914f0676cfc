import type { SerializedThread } from "@threadstore/core";
import type { Thread, ThreadSnapshot } from "../thread/thread.ts";
import type { Damage } from "./damage.ts";
import type { RepairableKind } from "./draft.ts";
import { mendThread, type CheckOptions } from "./mend-thread.ts";
import { Mender, type ThreadChange } from "./mender.ts";
import { checkPolicy, type RepairPolicy } from "./policy.ts";

/** A thread as an agent has it, or as it serialized it: also its JSON text, or a store's `stored.thread`. */
export type AnyThread = Thread | ThreadSnapshot | SerializedThread | string;

/** A thread that was mended. */
export interface RepairedThread {
  /** The thread; the caller's own copy. Messages that were not touched are to the byte as they were. */
  readonly thread: SerializedThread;
  /** What was done, in order; empty when nothing was wrong. */
  readonly changes: readonly ThreadChange[];
}

/**
 * Finds what is wrong with a thread: all for which providers, or `deserializeThread`, refuse it. Empty when nothing
 * is.
 *
 * Throws `THREAD_INVALID` or `THREAD_TOO_NEW` for what is no thread that could be mended: no well-formed JSON, or
 * another format; `INVALID_ARGUMENT` for options.
 */
export function checkThread(
  thread: AnyThread,
  kinds: readonly RepairableKind[],
  options: CheckOptions = {},
): Damage[] {
  const mender = new Mender("synthesize");
  mendThread(thread, kinds, mender, options);
  return mender.damages;
}

/**
 * Mends what {@link checkThread} finds, and tells all that it did. The thread that is passed stays as it is. What
 * comes out has no damage left, and a second repair changes nothing.
 *
 * Throws as `checkThread` does, and `THREAD_INVALID` with the path where the policy says to stop.
 */
export function repairThread(
  thread: AnyThread,
  kinds: readonly RepairableKind[],
  policy: RepairPolicy,
  options: CheckOptions = {},
): RepairedThread {
  checkPolicy(policy, "policy");
  const mender = new Mender(policy);
  return { thread: mendThread(thread, kinds, mender, options), changes: mender.changes };
}
