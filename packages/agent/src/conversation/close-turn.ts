import { ThreadStoreError } from "@threadstore/core";
import { AgentError } from "../agent-error.ts";
import type { AbandonedTurn, AbandonOptions } from "../run/abandon-turn.ts";
import { toExhausted } from "./check-attempts.ts";
import type { ConversationSettings } from "./conversation-options.ts";
import { MAX_RACES, type StoredConversation, type UpdatableThread } from "./stored-conversation.ts";

/** A thread whose open turn, if it had one, was ended and saved. */
interface ClosedThread {
  readonly target: UpdatableThread;
  readonly abandoned: AbandonedTurn;
}

/**
 * Ends the open turn of a loaded thread, and saves. Starts over if a writer without the lease saves first. Rejects with
 * `SAVE_FAILED` or the signal's reason.
 */
export async function closeTurn(
  { agent, maxAttempts }: ConversationSettings,
  conversation: StoredConversation,
  loaded: UpdatableThread,
  options: AbandonOptions,
  signal: AbortSignal,
): Promise<ClosedThread> {
  let target = loaded;
  for (let attempt = 1; ; attempt += 1) {
    const exhausted = toExhausted(target.thread.toJSON(), target.thread.openTurn, maxAttempts);
    if (exhausted !== undefined) target = await conversation.revise(JSON.stringify(exhausted), target.stored);
    const abandoned = await agent.abandon(target.thread, options);
    if (abandoned.turn === undefined) return { target, abandoned };
    try {
      await target.save(await target.thread.serialize(), signal);
      return { target, abandoned };
    } catch (cause) {
      if (!ThreadStoreError.is(cause)) throw cause;
      if (cause.code !== "CONFLICT" || attempt >= MAX_RACES) throw saveFailed(cause);
      target = await conversation.loadForUpdate(signal);
    }
  }
}

function saveFailed(cause: ThreadStoreError): AgentError {
  const remedy =
    cause.code === "TOO_LARGE" ? 'Use abandon with keep: "nothing".' : "Try again; see the cause.";
  const message = `The end of the open turn could not be saved (${cause.code}). ${remedy}`;
  return new AgentError("SAVE_FAILED", message, { cause });
}
