import type { SerializedThread } from "@threadstore/core";
import { isJsonObject, type JsonObject } from "@threadstore/core/documents";
import type { UIMessage } from "ai";
import { ConversationError } from "../conversation-error.ts";
import { readMembers, writeThread } from "../conversation-thread.ts";
import { encode } from "../encode.ts";
import { messageCodec } from "../message-codec.ts";
import type { MessagesView } from "../message-reader.ts";
import { type RepairOptions, uiMessageKind, type UIMessageSchemas } from "../ui-message-kind.ts";
import { type Finding, reportTo } from "./finding.ts";
import { toWellFormedMembers } from "./well-formed.ts";

const KIND = "ai-sdk-ui-messages";

/** Options of {@link checkConversation} and {@link repairConversation}: the schemas of the messages, and: */
export type CheckConversationOptions<Message extends UIMessage = UIMessage> = UIMessageSchemas<Message> &
  Partial<Pick<RepairOptions, "limits" | "serviceItems" | "shorten">>;

/** The result of a repair. */
export interface RepairedConversation {
  /** A copy of the thread. Messages without a finding are unchanged. */
  readonly thread: SerializedThread;
  /** The repairs, in order; empty if there was nothing to repair. */
  readonly changes: readonly Finding[];
}

/**
 * Finds everything for which the AI SDK, the schemas or a store reject a stored conversation of UI messages, such as a
 * store's `stored.thread` or its JSON text, and the known faults for which providers do. Resolves with an empty array if
 * there is nothing.
 *
 * Rejects with `THREAD_INVALID`, `THREAD_MISMATCH` or `THREAD_TOO_NEW` for a value that is not such a conversation.
 */
export async function checkConversation<Message extends UIMessage = UIMessage>(
  thread: SerializedThread | string,
  options?: CheckConversationOptions<Message>,
): Promise<readonly Finding[]> {
  return (await repairConversation(thread, options)).changes;
}

/**
 * Repairs everything that {@link checkConversation} finds, and resolves with a repaired copy and the changes. The
 * copy does not have any findings. Rejects as `checkConversation` does.
 */
export async function repairConversation<Message extends UIMessage = UIMessage>(
  thread: SerializedThread | string,
  options?: CheckConversationOptions<Message>,
): Promise<RepairedConversation> {
  const { serviceItems = "keep", limits, shorten, ...schemas } = options ?? {};
  const repairs = { onInvalid: "repair", serviceItems, limits, shorten } as const;
  const kind = uiMessageKind<Message>(schemas, repairs);
  const malformed: Finding[] = [];
  const read = readMembers(KIND, parse(thread));
  const { messages: members, ...extra } = toWellFormedMembers(read, "$", reportTo(malformed));
  const messages = (Array.isArray(members) ? members : []) as JsonObject[];
  const view = await messageCodec(kind).viewOf({ messages, extra });
  return {
    thread: writeThread(KIND, { messages: repairedForms(view), extra }),
    changes: [...malformed, ...view.findings],
  };
}

function repairedForms<Message>({ messages, sources, findings }: MessagesView<Message>): JsonObject[] {
  return sources.map(({ form, position }, index) => {
    const path = `$.messages[${position}]`;
    const isChanged = findings.some(
      (finding) =>
        finding.path === path ||
        (/^[.[]/u.test(finding.path.slice(path.length)) && finding.path.startsWith(path)),
    );
    // A message of the SDK is an object.
    return isChanged ? (encode(messages[index], path) as JsonObject) : form;
  });
}

function parse(thread: SerializedThread | string): SerializedThread {
  const value: unknown = typeof thread === "string" ? parseJson(thread) : thread;
  if (isJsonObject(value)) return value;
  throw new ConversationError("THREAD_INVALID", "The thread must be a JSON object. Pass a stored thread.");
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    // Without the SyntaxError as the cause: its message quotes the text.
    throw new ConversationError("THREAD_INVALID", "The thread is not JSON. Pass a stored thread.");
  }
}
