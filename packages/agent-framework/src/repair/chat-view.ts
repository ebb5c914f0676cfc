import { messageForm, type RepairableKind } from "@threadstore/agent/provider";
import type { SerializedThread } from "@threadstore/core";
import type { ChatMessage } from "../chat/chat-message.ts";
import type { ChatPlace } from "../chat/to-chat.ts";

/** The kind of thread that a conversation of Agent Framework is viewed as: that of agents on Chat Completions. */
export const chatKind: RepairableKind = { kind: "chat", version: 1, wire: messageForm };

/** A conversation of Agent Framework as a thread of this project, to be checked, and what is where in it. */
export interface ChatView {
  readonly thread: SerializedThread;
  readonly messages: readonly ChatMessage[];
  readonly places: readonly ChatPlace[];
}

/** `approvals` are the ids of calls for which a person was asked. Those of them that have no result wait. */
export function viewAsChat(
  messages: readonly ChatMessage[],
  places: readonly ChatPlace[],
  approvals: ReadonlySet<string> = new Set(),
): ChatView {
  const waiting = new Set(findOpenCalls(messages).filter((id) => approvals.has(id)));
  const calls = [...waiting].map((callId) => ({ callId, state: "approval-needed" }));
  const turn = { id: "agent-framework", start: 0, rounds: 1, calls };
  // The mark tells equal messages apart: which messages of Agent Framework are copies is decided there, where they
  // have ids and times.
  const marked = messages.map((message, mark) => ({ ...message, mark }));
  return {
    thread: {
      format: "threadstore.thread",
      version: 1,
      kind: "chat",
      agent: "Assistant",
      // Plain data, made here; its type has readonly members, the format's has not.
      messages: marked as unknown as SerializedThread[],
      ...(waiting.size === 0 ? {} : { turn }),
    },
    messages,
    places,
  };
}

/** The calls of the last message that are without a result, if only results stand behind it. */
function findOpenCalls(messages: readonly ChatMessage[]): string[] {
  const asking = messages.findLast(({ role }) => role !== "tool");
  if (asking === undefined || asking.role === "tool") return [];
  const behind = messages.slice(messages.lastIndexOf(asking) + 1);
  const answered = new Set(behind.map((message) => (message.role === "tool" ? message.tool_call_id : "")));
  return (asking.tool_calls ?? []).map(({ id }) => id).filter((id) => !answered.has(id));
}

/** Where a path of such a thread leads. */
export interface ChatTarget {
  /** Which message. */
  readonly index: number;
  readonly place: ChatPlace;
  /** The content that is the call or the result, where the path leads to one. */
  readonly key: string | undefined;
}

export function findTarget({ places }: ChatView, path: string): ChatTarget | undefined {
  const match = /^\$\.messages\[(\d+)\](?:\.tool_calls\[(\d+)\])?/.exec(path);
  const index = Number(match?.[1]);
  const place = places[index];
  if (match === null || place === undefined) return undefined;
  const call = match[2];
  const isResult = place.contents.length === 1 && place.contents[0] === place.path;
  return {
    index,
    place,
    key: call === undefined ? (isResult ? place.path : undefined) : place.calls[Number(call)],
  };
}
