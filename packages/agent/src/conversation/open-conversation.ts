import { untilAborted } from "@threadstore/core/documents";
import type { RunResult } from "../run-result.ts";
import type { RunOptions } from "../run/run-options.ts";
import { startRunStream } from "../run/run-stream.ts";
import type { Thread } from "../thread.ts";
import { appendMessages } from "./append-messages.ts";
import {
  type AnyConversationOptions,
  type AnyResult,
  type ConversationOptions,
  type ConversationSettings,
  readConversationOptions,
} from "./conversation-options.ts";
import type { Conversation } from "./conversation.ts";
import { rewindTurns } from "./rewind.ts";
import { abandonAndSave, resumeAndSave, runAndSave } from "./run-and-save.ts";
import { StoredConversation } from "./stored-conversation.ts";

/** Connects an agent to a thread in a store, without reading it yet. Throws `INVALID_ARGUMENT`. */
export function openConversation<
  Input,
  AgentThread extends Thread,
  Options extends RunOptions,
  Result extends RunResult<AgentThread, object, object>,
  Event,
>(
  options: ConversationOptions<Input, AgentThread, Options, Result, Event>,
): Conversation<Input, AgentThread, Options, Result, Event> {
  // The return type restores the types of the agent.
  const settings = readConversationOptions(options as unknown as AnyConversationOptions);
  return createConversation(settings) as unknown as Conversation<Input, AgentThread, Options, Result, Event>;
}

function createConversation(
  settings: ConversationSettings,
): Conversation<unknown, Thread, RunOptions, AnyResult, object> {
  const conversation = new StoredConversation(settings);
  const { id, store } = settings;
  /** The appends in progress. */
  const appends = new Set<Promise<unknown>>();
  return {
    id,
    run: async (input, options) =>
      runAndSave(settings, conversation, { input, options, ...withoutStream(options) }),
    runStream: (input, options) =>
      startRunStream(
        async (emit, signal) => runAndSave(settings, conversation, { input, options, emit, signal }),
        options?.signal,
      ),
    resume: async (options) => resumeAndSave(settings, conversation, { options, ...withoutStream(options) }),
    resumeStream: (options) =>
      startRunStream(
        async (emit, signal) => resumeAndSave(settings, conversation, { options, emit, signal }),
        options?.signal,
      ),
    abandon: async (options = {}) => abandonAndSave(settings, conversation, options),
    load: async ({ signal } = {}) => (await conversation.loadForUpdate(signal)).loaded,
    append: async (messages, { signal } = {}) => {
      const appending = appendMessages(conversation, messages, signal);
      appends.add(appending);
      return appending.finally(() => appends.delete(appending));
    },
    rewind: async (options = {}) => rewindTurns(conversation, options),
    delete: async (options) => {
      // An append that was called before must not create the conversation again.
      await untilAborted(Promise.allSettled(appends), options?.signal);
      return store.delete(id, options);
    },
  };
}

function withoutStream(options: RunOptions | undefined): { signal: AbortSignal; emit: undefined } {
  return { signal: options?.signal ?? new AbortController().signal, emit: undefined };
}
