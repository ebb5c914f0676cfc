import { type JsonValue, ThreadStoreError } from "@threadstore/core";
import { isJsonObject, type JsonObject } from "@threadstore/core/documents";
import { AgentError } from "../agent-error.ts";
import type { Thread } from "../thread.ts";
import { addKey, type KeyRecord, readKeys, writeKeys } from "../thread/turn-key.ts";
import type { LoadedConversation } from "./conversation.ts";
import { MAX_RACES, type StoredConversation, type UpdatableThread } from "./stored-conversation.ts";

/** The members of a thread that a turn adds besides its messages. */
interface AddedTurn {
  /** The open turn. */
  readonly turn?: JsonObject | undefined;
  readonly keyRecord?: KeyRecord | undefined;
  /** Whether the thread was stored when the turn started. */
  readonly wasStored?: boolean;
}

/**
 * Appends messages to the stored thread, after an open turn that was stopped or failed, which it closes. Rejects with
 * `CONVERSATION_CONFLICT` if another turn is open, if there is a turn of the same key, or if the thread was deleted
 * meanwhile: its deletion must not be undone.
 */
export async function appendMessages(
  conversation: StoredConversation,
  messages: readonly object[],
  signal: AbortSignal | undefined,
  added: AddedTurn = {},
): Promise<LoadedConversation<Thread>> {
  let { wasStored = false } = added;
  for (let attempt = 1; ; attempt += 1) {
    const current = await conversation.loadForUpdate(signal);
    if (wasStored && current.stored === undefined) throw deleted();
    wasStored = current.stored !== undefined;
    const extended = await extendThread(conversation, current, messages, added);
    const { thread } = extended;
    try {
      return { thread, stored: await extended.save(await thread.serialize(), signal) };
    } catch (error) {
      if (attempt >= MAX_RACES || !ThreadStoreError.is(error, "CONFLICT")) throw error;
    }
  }
}

async function extendThread(
  conversation: StoredConversation,
  { thread, stored }: UpdatableThread,
  added: readonly object[],
  { turn, keyRecord }: AddedTurn,
): Promise<UpdatableThread> {
  // As the next run would.
  await conversation.endStoppedTurn(thread);
  // A service stores only one of the two branches. Without its reference, the next run sends the transcript.
  const { messages = [], service: _service, keys, ...members } = thread.toJSON();
  if (thread.openTurn !== undefined) {
    throw new AgentError(
      "CONVERSATION_CONFLICT",
      "Cannot append: the stored thread has an open turn. Finish it with resume or end it with abandon, then append.",
    );
  }
  const previous = messages as JsonValue[];
  const known = readKeys(keys, previous.length);
  if (known.some(({ value }) => value === keyRecord?.value)) {
    const message = "Cannot append: another process saved a turn with the same key. Run again with that key.";
    throw new AgentError("CONVERSATION_CONFLICT", message);
  }
  const start = previous.length;
  const all =
    keyRecord === undefined ? known : addKey(known, { ...keyRecord, start, end: start + added.length });
  const extended = {
    ...members,
    messages: [...previous, ...(added as unknown as JsonValue[])],
    ...(all.length === 0 ? {} : { keys: writeKeys(all) }),
    ...(turn === undefined ? {} : { turn: { ...turn, start } }),
  };
  return conversation.revise(JSON.stringify(inFormatOrder(extended)), stored);
}

function deleted(): AgentError {
  const message = "Cannot append: the conversation was deleted meanwhile. Run again to start a new one.";
  return new AgentError("CONVERSATION_CONFLICT", message);
}

/** Orders the members as the format does: the messages before members that change with each turn. */
export function inFormatOrder({
  messages = [],
  state,
  unaccepted,
  keys,
  turn,
  ...members
}: JsonObject): JsonObject {
  return {
    ...members,
    messages,
    ...(state === undefined ? {} : { state }),
    ...(unaccepted === undefined ? {} : { unaccepted }),
    ...(keys === undefined ? {} : { keys }),
    ...(turn === undefined ? {} : { turn }),
  };
}

/** Returns the open turn that a run of this thread started; `undefined` if there is none or it started earlier. */
export function turnToAppend(thread: Thread, previousLength: number): JsonObject | undefined {
  const { turn } = thread.toJSON();
  return turn !== undefined && isJsonObject(turn) && turn["start"] === previousLength ? turn : undefined;
}
