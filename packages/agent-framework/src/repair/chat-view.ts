import type { SerializedThread } from "@threadstore/core";
import type { ChatGroup, ChatPlace } from "../chat/to-chat.ts";

/** A conversation of Agent Framework as a thread of this project, to be checked, and what is where in it. */
export interface ChatView {
  readonly thread: SerializedThread;
  /** Where a path of the thread is in Agent Framework's JSON; `undefined` where it is nowhere in it. */
  readonly locate: (path: string) => string | undefined;
  /** Where the message is that a path of the thread leads to or into. */
  readonly place: (path: string) => ChatPlace | undefined;
}

/** `waiting` are the ids of calls at the end that wait for a person's approval. */
export function viewAsChat(groups: readonly ChatGroup[], waiting: readonly string[]): ChatView {
  const places = groups.flatMap((group) => group.places);
  // The mark tells equal messages apart: which messages of Agent Framework are copies is decided there, where they
  // have ids and times.
  const messages = groups.flatMap(({ chat }) => chat).map((message, mark) => ({ ...message, mark }));
  const calls = waiting.map((callId) => ({ callId, state: "approval-needed" }));
  const turn = { id: "agent-framework", start: 0, rounds: 1, calls };
  const place = (path: string): ChatPlace | undefined => {
    const index = /^\$\.messages\[(\d+)\]/.exec(path)?.[1];
    return index === undefined ? undefined : places[Number(index)];
  };
  return {
    thread: {
      format: "threadstore.thread",
      version: 1,
      kind: "chat",
      agent: "Assistant",
      // Plain data, made a few lines above; its type has readonly members, the format's has not.
      messages: messages as unknown as SerializedThread[],
      ...(waiting.length === 0 ? {} : { turn }),
    },
    place,
    locate: (path) => {
      const call = /\.tool_calls\[(\d+)\]/.exec(path)?.[1];
      const found = place(path);
      return call === undefined ? found?.path : found?.calls[Number(call)];
    },
  };
}
