import type { JsonValue, SerializedThread } from "@threadstore/core";
import { AgentError } from "../agent-error.ts";
import { checkMessages, type ChatMessage } from "../chat/chat-message.ts";
import { copyJson, isPlainObject, quoteName, unexpected, type JsonObject } from "./json.ts";
import { checkWholeUnits } from "./message-units.ts";

// docs/thread-format.md specifies the format; src/golden holds what every later version must read.
const format = "threadstore.thread";
const version = 1;
const kind = "chat";

/** What a serialized chat thread says. */
export interface ChatThreadContent {
  readonly agent: string;
  readonly messages: readonly ChatMessage[];
  /** Members of the thread that this version does not know, carried along. */
  readonly extra: JsonObject;
}

/** Who reads a serialized thread. */
export interface ThreadReader {
  readonly agent: string;
  readonly acceptOtherAgent: boolean;
}

/** The messages come last: a conversation that grows keeps a long unchanged beginning, which stores exploit. */
export function writeChatThread({ agent, messages, extra }: ChatThreadContent): SerializedThread {
  const copies = structuredClone(messages) as unknown as JsonValue;
  return { format, version, kind, agent, ...structuredClone(extra), messages: copies };
}

/**
 * Reads a serialized thread, which is untrusted: everything is checked and copied.
 *
 * Throws `THREAD_INVALID` with the path, `THREAD_MISMATCH` for another kind or agent, `THREAD_TOO_NEW`.
 */
export function readChatThread(value: unknown, reader: ThreadReader): ChatThreadContent {
  const thread = copyJson(readObject(value), { code: "THREAD_INVALID" }) as JsonObject;
  const { format: foundFormat, version: foundVersion, kind: foundKind, agent, messages, ...extra } = thread;
  if (foundFormat !== format) {
    throw unexpected(
      "THREAD_INVALID",
      "$.format",
      `"${format}" (a thread that an agent serialized)`,
      foundFormat,
    );
  }
  checkKind(foundKind);
  checkVersion(foundVersion);
  checkAgent(agent, reader);
  const checked = checkMessages(messages, "$.messages", "THREAD_INVALID");
  checkWholeUnits(checked, "$.messages", "THREAD_INVALID");
  return { agent: reader.agent, messages: checked, extra };
}

function readObject(value: unknown): unknown {
  const parsed = typeof value === "string" ? parseText(value) : value;
  if (parsed === undefined) {
    throw new AgentError(
      "THREAD_INVALID",
      "There is no thread here (undefined). A store's load resolves to undefined when it has none: use getNewThread() then.",
      { path: "$" },
    );
  }
  if (isStoredThread(parsed)) {
    throw new AgentError(
      "THREAD_INVALID",
      "This is what a store hands out around a thread: pass its `thread` member.",
      { path: "$" },
    );
  }
  if (!isPlainObject(parsed)) throw unexpected("THREAD_INVALID", "$", "a serialized thread", parsed);
  return parsed;
}

function isStoredThread(value: unknown): boolean {
  return (
    typeof value === "object" &&
    value !== null &&
    "thread" in value &&
    "json" in value &&
    !("format" in value)
  );
}

function parseText(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // Not the SyntaxError as cause: its message quotes the text, which is somebody's conversation.
    throw new AgentError("THREAD_INVALID", "$: the text is not well-formed JSON.", { path: "$" });
  }
}

function checkKind(found: JsonValue | undefined): void {
  if (typeof found !== "string") throw unexpected("THREAD_INVALID", "$.kind", "a string", found);
  if (found === kind) return;
  throw new AgentError(
    "THREAD_MISMATCH",
    `This thread was saved by an agent of kind ${quoteName(found)}; this agent is of kind "${kind}". Deserialize it with an agent of its kind.`,
    { path: "$.kind" },
  );
}

function checkVersion(found: JsonValue | undefined): void {
  if (typeof found !== "number" || !Number.isSafeInteger(found) || found < 1) {
    throw unexpected("THREAD_INVALID", "$.version", "a whole number from 1", found);
  }
  if (found <= version) return;
  throw new AgentError(
    "THREAD_TOO_NEW",
    `This thread has format version ${found}; this version of @threadstore/openai reads up to ${version}. Update the package.`,
    { path: "$.version" },
  );
}

function checkAgent(found: JsonValue | undefined, reader: ThreadReader): void {
  if (typeof found !== "string") throw unexpected("THREAD_INVALID", "$.agent", "a string", found);
  if (found === reader.agent || reader.acceptOtherAgent) return;
  throw new AgentError(
    "THREAD_MISMATCH",
    `This thread was saved by agent ${quoteName(found)}; this agent is ${quoteName(reader.agent)}. Deserialize it with that agent, or pass acceptOtherAgent: true.`,
    { path: "$.agent" },
  );
}
