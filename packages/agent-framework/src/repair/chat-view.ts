import { MESSAGE_FORM, type RepairableKind } from "@threadstore/agent/provider";
import type { SerializedThread } from "@threadstore/core";
import { THREAD_FORMAT } from "@threadstore/core/documents";
import { findOpenCalls, locateTurn } from "../approvals/pending-turn.ts";
import type { ChatMessage } from "../chat/converted-message.ts";
import type { ChatOrigin } from "../chat/to-chat.ts";

/** The kind of thread as which a conversation is checked: that of agents on Chat Completions. */
export const CHAT_KIND: RepairableKind = {
  kind: "chat",
  version: 1,
  packageName: "@threadstore/openai",
  wireForm: MESSAGE_FORM,
};

/** A conversation of Agent Framework as a thread of this project, and the origin of each of its messages. */
export interface ChatView {
  readonly thread: SerializedThread;
  readonly messages: readonly ChatMessage[];
  readonly origins: readonly ChatOrigin[];
}

/**
 * Creates a view. `approvals` are the ids of calls for which approval was requested; without a result, they are
 * pending.
 */
export function viewAsChat(
  messages: readonly ChatMessage[],
  origins: readonly ChatOrigin[],
  approvals: ReadonlySet<string> = new Set(),
): ChatView {
  const openCalls = findOpenCalls(messages);
  // The calls of a response wait together, even if approval was requested for only one of them.
  const pending = new Set(openCalls.some((id) => approvals.has(id)) ? openCalls : []);
  const calls = [...pending].map((callId) => ({ callId, state: "approval-needed" }));
  const turn = { id: "agent-framework", ...locateTurn(messages), calls };
  // The mark distinguishes equal messages: copies are detected in Agent Framework's messages, which have ids and
  // times.
  const marked = messages.map((message, mark) => ({ ...message, mark }));
  return {
    thread: {
      format: THREAD_FORMAT,
      version: 1,
      kind: "chat",
      agent: "Assistant",
      // The messages are plain data. Their type differs from SerializedThread only in its readonly members.
      messages: marked as unknown as SerializedThread[],
      ...(pending.size === 0 ? {} : { turn }),
    },
    messages,
    origins,
  };
}

/** The target of a path in a view. */
export interface ChatTarget {
  /** The position of the message. */
  readonly index: number;
  readonly origin: ChatOrigin;
  /** The key of the content, if the path leads to a call or a result. */
  readonly key: string | undefined;
}

export function findTarget({ origins }: ChatView, path: string): ChatTarget | undefined {
  const match = /^\$\.messages\[(\d+)\](?:\.tool_calls\[(\d+)\])?/.exec(path);
  const index = Number(match?.[1]);
  const origin = origins[index];
  if (match === null || origin === undefined) return undefined;
  const call = match[2];
  const isResult = origin.contents.length === 1 && origin.contents[0] === origin.path;
  return {
    index,
    origin,
    key: call === undefined ? (isResult ? origin.path : undefined) : origin.calls[Number(call)],
  };
}
