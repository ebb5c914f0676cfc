import { type JsonValue, ThreadStoreError } from "@threadstore/core";
import { isJsonObject, type JsonObject } from "@threadstore/core/documents";
import { AgentError } from "../agent-error.ts";
import type { Thread } from "../thread/thread.ts";
import type { LoadedConversation } from "./conversation.ts";
import type { StoredConversation, UpdatableThread } from "./stored-conversation.ts";

// Each lost race means that another writer's save won, so together they always make progress.
const MAX_ATTEMPTS = 100;

/**
 * Appends messages to the stored thread. `turn` is the open turn that they leave, if any. Rejects with
 * `CONVERSATION_CONFLICT` if the stored thread has an open turn.
 */
export async function appendMessages(
  conversation: StoredConversation,
  messages: readonly object[],
  signal: AbortSignal | undefined,
  turn?: JsonObject,
): Promise<LoadedConversation<Thread>> {
  for (let attempt = 1; ; attempt += 1) {
    const current = await conversation.loadForUpdate(signal);
    const extended = await extendThread(conversation, current, messages, turn);
    const { thread } = extended;
    try {
      return { thread, stored: await extended.save(await thread.serialize(), signal) };
    } catch (error) {
      if (attempt >= MAX_ATTEMPTS || !ThreadStoreError.is(error, "CONFLICT")) throw error;
    }
  }
}

async function extendThread(
  conversation: StoredConversation,
  { thread, stored }: UpdatableThread,
  added: readonly object[],
  turn: JsonObject | undefined,
): Promise<UpdatableThread> {
  // A service stores only one of the two branches. Without its reference, the next run sends the transcript.
  const { messages = [], service: _service, ...members } = thread.toJSON();
  if (thread.openTurn !== undefined) {
    throw new AgentError(
      "CONVERSATION_CONFLICT",
      "Cannot append: the stored thread has an open turn. Finish it with resume, then append.",
    );
  }
  const previous = messages as JsonValue[];
  const extended = {
    ...members,
    messages: [...previous, ...(added as unknown as JsonValue[])],
    ...(turn === undefined ? {} : { turn: { ...turn, start: previous.length } }),
  };
  return conversation.revise(JSON.stringify(inFormatOrder(extended)), stored);
}

/** Orders the members as the format does: the messages before members that change with each turn. */
function inFormatOrder({ messages = [], state, turn, ...members }: JsonObject): JsonObject {
  return {
    ...members,
    messages,
    ...(state === undefined ? {} : { state }),
    ...(turn === undefined ? {} : { turn }),
  };
}

/** Returns the open turn that a run of this thread started; `undefined` if there is none or it started earlier. */
export function turnToAppend(thread: Thread, previousLength: number): JsonObject | undefined {
  const { turn } = thread.toJSON();
  return turn !== undefined && isJsonObject(turn) && turn["start"] === previousLength ? turn : undefined;
}
