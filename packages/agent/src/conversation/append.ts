import { type JsonValue, ThreadStoreError } from "@threadstore/core";
import { AgentError } from "../agent-error.ts";
import { isJsonObject, type JsonObject } from "../thread/json.ts";
import type { Thread } from "../thread/thread.ts";
import type { LoadedConversation } from "./conversation.ts";
import type { CheckedOut, StoredConversation } from "./stored-conversation.ts";

// Each lost race means that somebody else's save won, so that all of them together make progress.
const mostAttempts = 100;

/**
 * Puts messages behind whatever is stored. `turn` is the open turn that they leave, if any. Rejects with
 * `CONVERSATION_CONFLICT` where nothing can be put behind what is stored.
 */
export async function appendMessages(
  conversation: StoredConversation,
  messages: readonly object[],
  signal: AbortSignal | undefined,
  turn?: JsonObject,
): Promise<LoadedConversation<Thread>> {
  for (let attempt = 1; ; attempt += 1) {
    const current = await conversation.checkOut(signal);
    const { thread } = await extended(conversation, current, messages, turn);
    try {
      return { thread, stored: await current.save(thread.serializeParts(), signal) };
    } catch (error) {
      if (attempt >= mostAttempts || !ThreadStoreError.is(error, "CONFLICT")) throw error;
    }
  }
}

async function extended(
  conversation: StoredConversation,
  { thread, stored }: CheckedOut,
  added: readonly object[],
  turn: JsonObject | undefined,
): Promise<CheckedOut> {
  // What the service keeps is one of the two conversations. Without its id, the next run sends the transcript.
  const { messages = [], service: _service, ...rest } = thread.toJSON();
  if (thread.openTurn !== undefined) {
    throw new AgentError(
      "CONVERSATION_CONFLICT",
      "The stored thread has an open turn, behind which nothing can be put. Finish it with resume, then append.",
    );
  }
  const before = messages as JsonValue[];
  const start = { start: before.length };
  const next = {
    ...rest,
    messages: [...before, ...(added as unknown as JsonValue[])],
    ...(turn === undefined ? {} : { turn: { ...turn, ...start } }),
  };
  return conversation.revise(JSON.stringify(inOrder(next)), stored);
}

/** The messages before what changes with each turn, as the format has them. */
function inOrder({ messages = [], state, turn, ...rest }: JsonObject): JsonObject {
  return {
    ...rest,
    messages,
    ...(state === undefined ? {} : { state }),
    ...(turn === undefined ? {} : { turn }),
  };
}

/** The open turn as a thread of this run has it; `undefined` when it has none, or began before the run. */
export function turnToAppend(thread: Thread, before: number): JsonObject | undefined {
  const { turn } = thread.toJSON();
  return turn !== undefined && isJsonObject(turn) && turn["start"] === before ? turn : undefined;
}
