import type { SerializedThread } from "@threadstore/core";
import { isJsonObject } from "@threadstore/core/documents";
import { AgentError } from "../agent-error.ts";
import type { OpenTurn } from "../thread.ts";
import type { UpdatableThread } from "./stored-conversation.ts";

/**
 * Rejects with `TOO_MANY_ATTEMPTS` if the open turn did not get further in earlier attempts. Marks a turn that would
 * continue by itself as failed, so that the next run closes it. Must be called under the lease.
 *
 * `isAsked`: the caller called `resume`. That is not bounded for a turn that only continues if it is asked to.
 */
export async function checkAttempts(
  target: UpdatableThread,
  maxAttempts: number,
  { isAsked }: { readonly isAsked: boolean },
): Promise<void> {
  const { openTurn } = target.thread;
  if (openTurn === undefined || openTurn.attempts < maxAttempts) return;
  if (isAsked && openTurn.state !== "open" && openTurn.error !== "TOO_MANY_ATTEMPTS") return;
  const failed = toExhausted(target.stored?.thread, openTurn, maxAttempts);
  // If this fails, the next attempt ends here as well.
  if (failed !== undefined) await Promise.allSettled([target.save(failed)]);
  const message = `The open turn was resumed ${maxAttempts} times and did not get further. The next run closes it. To end it now, use abandon or openTurn: "close". To continue it, raise maxAttempts and call resume.`;
  throw new AgentError("TOO_MANY_ATTEMPTS", message);
}

/**
 * Returns the thread with its turn marked as failed if that has used up its attempts; otherwise `undefined`. If it waits
 * for a response, the reason may be a message that the model's service never accepted, and which the thread must not
 * keep.
 */
export function toExhausted(
  thread: SerializedThread | undefined,
  openTurn: OpenTurn | undefined,
  maxAttempts: number,
): SerializedThread | undefined {
  if (openTurn?.state !== "open" || openTurn.attempts < maxAttempts) return undefined;
  const { turn, ...members } = thread ?? {};
  if (turn === undefined || !isJsonObject(turn)) return undefined;
  return { ...members, turn: { ...turn, state: "failed", error: "TOO_MANY_ATTEMPTS" } };
}
