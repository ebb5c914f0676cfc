import type { ThreadStore } from "@threadstore/core";
import {
  type ChatAgent,
  type ChatThread,
  type LoadedConversation,
  openConversation,
} from "@threadstore/openai";
import { RunningTurns } from "./running-turns.ts";

/** The parts of the application that all routes share. */
export interface Chat {
  readonly store: ThreadStore;
  readonly turns: RunningTurns;
  /** Opens a conversation. `metadata` is stored with its next answer. */
  readonly open: (id: string, metadata?: { readonly title: string }) => ChatConversation;
}

/** The methods of a conversation that the routes use. */
interface ChatConversation {
  load(): Promise<LoadedConversation<ChatThread> | undefined>;
  delete(): Promise<boolean>;
  runStream(
    text: string,
    options: { readonly key: string; readonly signal: AbortSignal },
  ): AsyncIterable<object>;
}

export function createChat(store: ThreadStore, agent: ChatAgent): Chat {
  return {
    store,
    turns: new RunningTurns(),
    open: (id, metadata) =>
      openConversation({
        agent,
        store,
        id,
        // After a crash in the middle of an answer, the page sends the message again, with the same key. The turn then
        // continues where it ended, and a turn that another process works on is waited for.
        journal: true,
        lease: { durationMs: 5000 },
        ...(metadata && { save: { metadata } }),
      }),
  };
}
