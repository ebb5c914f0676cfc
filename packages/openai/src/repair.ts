import type {
  AnyThread,
  Finding,
  ProviderCheckOptions,
  RepairedThread,
  RepairPolicy,
} from "@threadstore/agent";
import {
  checkThread as checkThreadOfKinds,
  type RepairableKind,
  repairThread as repairThreadOfKinds,
} from "@threadstore/agent/provider";
import { CHAT_THREAD_KIND } from "./chat/chat-thread.ts";
import { RESPONSES_THREAD_KIND } from "./responses/responses-thread.ts";

const KINDS: readonly RepairableKind[] = [CHAT_THREAD_KIND, RESPONSES_THREAD_KIND];

/**
 * Finds everything for which `deserializeThread` rejects a thread of a chat or responses agent, and the known faults
 * for which providers do. Returns an empty array if there is nothing. The limits are those of `provider`, by default OpenAI.
 *
 * Throws `THREAD_INVALID` or `THREAD_TOO_NEW` for a value that is not such a thread or not well-formed JSON, and
 * `INVALID_ARGUMENT` for options.
 */
export function checkThread(thread: AnyThread, options?: ProviderCheckOptions): Finding[] {
  return checkThreadOfKinds(thread, KINDS, withProvider(options));
}

/**
 * Repairs everything that {@link checkThread} finds, and returns a repaired copy and the changes. The result does not
 * have any findings, and repairing it again does not change it.
 *
 * Throws as `checkThread` does, and `THREAD_INVALID` with the path if the policy is to stop.
 */
export function repairThread(
  thread: AnyThread,
  policy: RepairPolicy,
  options?: ProviderCheckOptions,
): RepairedThread {
  return repairThreadOfKinds(thread, KINDS, policy, withProvider(options));
}

function withProvider(options: ProviderCheckOptions = {}): ProviderCheckOptions {
  return { ...options, provider: options.provider ?? "openai" };
}
