import { type JsonValue, type StoredThread, ThreadStoreError } from "@threadstore/core";
import { isJsonObject, type JsonObject } from "@threadstore/core/documents";
import { AgentError } from "../agent-error.ts";
import { REDUCER_STATE_NAME } from "../context/provider-state.ts";
import { findTurns, requireInteger } from "../context/turns.ts";
import type { Thread } from "../thread.ts";
import { readKeys, writeKeys } from "../thread/turn-key.ts";
import { readUnaccepted, writeUnaccepted } from "../thread/unaccepted.ts";
import { inFormatOrder } from "./append-messages.ts";
import type { RewindOptions } from "./conversation.ts";
import { MAX_RACES, type StoredConversation } from "./stored-conversation.ts";

interface RewoundThread {
  readonly thread: Thread;
  readonly stored: StoredThread | undefined;
  readonly removed: readonly object[];
}

/**
 * Removes the last turns from the stored thread. Starts over if another writer saves first. Rejects with
 * `CONVERSATION_CONFLICT` if a turn is open that was not stopped and did not fail.
 */
export async function rewindTurns(
  conversation: StoredConversation,
  { turns = 1, signal }: RewindOptions,
): Promise<RewoundThread> {
  requireInteger(turns, "turns", 1);
  for (let attempt = 1; ; attempt += 1) {
    const current = await conversation.loadForUpdate(signal);
    await conversation.endStoppedTurn(current.thread);
    if (current.thread.openTurn !== undefined) throw openTurn();
    const document = current.thread.toJSON();
    const { messages = [] } = document;
    const all = messages as unknown as readonly object[];
    const starts = findTurns(all);
    const start = starts.at(-turns) ?? starts[0] ?? all.length;
    if (start === all.length) return { thread: current.thread, stored: current.stored, removed: [] };
    const rewound = await conversation.revise(JSON.stringify(cutAt(document, start)), current.stored);
    try {
      const stored = await rewound.save(await rewound.thread.serialize(), signal);
      return { thread: rewound.thread, stored, removed: current.thread.messages.slice(start) };
    } catch (error) {
      if (attempt >= MAX_RACES || !ThreadStoreError.is(error, "CONFLICT")) throw error;
    }
  }
}

/** Returns the thread without the messages from `start` on, and without all that refers to them. */
function cutAt(document: JsonObject, start: number): JsonObject {
  // The service has a copy with these messages. Without its reference, the next run sends the transcript.
  const { messages = [], service: _service, keys, unaccepted, state, ...members } = document;
  const keptKeys = readKeys(keys, start);
  const keptRanges = readUnaccepted(unaccepted, start);
  return inFormatOrder({
    ...members,
    messages: (messages as JsonValue[]).slice(0, start),
    ...stateWithoutReducer(state),
    ...(keptRanges.length === 0 ? {} : { unaccepted: writeUnaccepted(keptRanges) }),
    ...(keptKeys.length === 0 ? {} : { keys: writeKeys(keptKeys) }),
  });
}

/** A summary may contain the removed messages. The reducer makes another one. */
function stateWithoutReducer(state: JsonValue | undefined): JsonObject {
  if (state === undefined || !isJsonObject(state)) return {};
  const others = Object.entries(state).filter(([name]) => name !== REDUCER_STATE_NAME);
  return others.length === 0 ? {} : { state: Object.fromEntries(others) };
}

function openTurn(): AgentError {
  return new AgentError(
    "CONVERSATION_CONFLICT",
    "Cannot rewind: the stored thread has an open turn. Finish it with resume or end it with abandon, then rewind.",
  );
}
