import type { AnyThread, CheckOptions, Damage, RepairedThread, RepairPolicy } from "@threadstore/agent";
import {
  checkThread as checkThreadOf,
  repairThread as repairThreadOf,
  type RepairableKind,
} from "@threadstore/agent/provider";
import { chatThreadKind } from "./chat/chat-thread.ts";
import { responsesThreadKind } from "./responses/responses-thread.ts";

const kinds: readonly RepairableKind[] = [chatThreadKind, responsesThreadKind];

/**
 * Finds what is wrong with a thread: all for which providers, or `deserializeThread`, refuse it. Empty when nothing
 * is.
 *
 * Throws `THREAD_INVALID` or `THREAD_TOO_NEW` for what is no thread that could be mended: no well-formed JSON, or
 * another format; `INVALID_ARGUMENT` for options.
 */
export function checkThread(thread: AnyThread, options?: CheckOptions): Damage[] {
  return checkThreadOf(thread, kinds, options);
}

/**
 * Mends what {@link checkThread} finds, and tells all that it did. The thread that is passed stays as it is. What
 * comes out has no damage left, and a second repair changes nothing.
 *
 * Throws as `checkThread` does, and `THREAD_INVALID` with the path where the policy says to stop.
 */
export function repairThread(
  thread: AnyThread,
  policy: RepairPolicy,
  options?: CheckOptions,
): RepairedThread {
  return repairThreadOf(thread, kinds, policy, options);
}
