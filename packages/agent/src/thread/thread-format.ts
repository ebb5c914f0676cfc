import type { JsonValue, SerializedThread } from "@threadstore/core";
import { AgentError } from "../agent-error.ts";
import { copyJson, isJsonObject, isPlainObject, quoteName, unexpected, type JsonObject } from "./json.ts";
import type { MessageList } from "./message-list.ts";
import type { ThreadKind } from "./thread-kind.ts";
import { checkTurn, readTurn, writeTurn, type TurnRecord } from "./turn-record.ts";

// docs/thread-format.md specifies the format; src/golden holds what every later version must read.
const format = "threadstore.thread";

/** What a serialized thread says besides its messages. */
export interface ThreadFrame {
  readonly agent: string;
  /** Members of the thread that this version does not know, carried along. */
  readonly extra: JsonObject;
  /** What each context provider, by its name, and the reducer keep. */
  readonly state: JsonObject;
  /** What a service that keeps the conversation itself is asked by, such as the id of its last response. */
  readonly service: JsonObject | undefined;
  readonly turn: TurnRecord | undefined;
}

/** A serialized thread as it was read. */
export interface ThreadContent<Message extends object> extends ThreadFrame {
  readonly messages: readonly Message[];
}

/** Who reads a serialized thread. */
export interface ThreadReader<Kind extends string, Message extends object> {
  readonly kind: ThreadKind<Kind, Message>;
  readonly agent: string;
  readonly acceptOtherAgent: boolean;
}

type AnyKind<Message extends object> = ThreadKind<string, Message>;

/**
 * What changes with each turn comes last, the messages first of that: a conversation that grows keeps a long
 * unchanged beginning, which stores exploit.
 */
export function writeThread<Message extends object>(
  kind: AnyKind<Message>,
  frame: ThreadFrame,
  messages: readonly Message[],
): SerializedThread {
  const copies = structuredClone(messages) as unknown as JsonValue;
  return {
    ...structuredClone(writeBeginning(kind, frame)),
    messages: copies,
    ...structuredClone(writeEnd(frame)),
  };
}

/** The same as JSON text, in parts, of which only messages that were not encoded before cost anything. */
export function writeThreadParts<Message extends object>(
  kind: AnyKind<Message>,
  frame: ThreadFrame,
  messages: MessageList<Message>,
): string[] {
  const beginning = JSON.stringify(writeBeginning(kind, frame)).slice(0, -1);
  const end = Object.entries(writeEnd(frame))
    .map(([name, value]) => `,${JSON.stringify(name)}:${JSON.stringify(value)}`)
    .join("");
  return [`${beginning},"messages":[`, ...messages.encode(), `]${end}}`];
}

function writeBeginning<Message extends object>(kind: AnyKind<Message>, frame: ThreadFrame): JsonObject {
  const { agent, extra } = frame;
  return { format, version: kind.version, kind: kind.kind, agent, ...extra };
}

function writeEnd({ state, service, turn }: ThreadFrame): JsonObject {
  return {
    ...(Object.keys(state).length === 0 ? {} : { state }),
    ...(service === undefined ? {} : { service }),
    ...(turn === undefined ? {} : { turn: writeTurn(turn) }),
  };
}

/**
 * Reads a serialized thread, which is untrusted: everything is checked and copied.
 *
 * Throws `THREAD_INVALID` with the path, `THREAD_MISMATCH` for another kind or agent, `THREAD_TOO_NEW`.
 */
export function readThread<KindName extends string, Message extends object>(
  value: unknown,
  reader: ThreadReader<KindName, Message>,
): ThreadContent<Message> {
  const { kind } = reader;
  const thread = copyJson(readObject(value), { code: "THREAD_INVALID" }) as JsonObject;
  const { format: foundFormat, version, kind: foundKind, agent, messages, ...others } = thread;
  const { state, service, turn, ...extra } = others;
  checkFormat(foundFormat);
  checkKind(foundKind, kind.kind);
  checkVersion(version, kind.version);
  checkAgent(agent, reader);
  try {
    const content = readContent(kind, { messages, state, service, turn });
    return { agent: reader.agent, extra, ...content };
  } catch (error) {
    throw withRemedy(error);
  }
}

function readContent<Message extends object>(
  kind: AnyKind<Message>,
  members: { readonly [name in "messages" | "service" | "state" | "turn"]: JsonValue | undefined },
): Omit<ThreadContent<Message>, "agent" | "extra"> {
  const messages = kind.checkMessages(members.messages, "$.messages", "THREAD_INVALID");
  const turn = readTurn(members.turn);
  const open = kind.findOpenCalls(messages, "$.messages", "THREAD_INVALID");
  const last = messages.at(-1);
  const endsInResult = last !== undefined && kind.isToolResult(last);
  checkTurn(turn, { messageCount: messages.length, open, endsInResult });
  const state = readOptionalObject(members.state, "$.state") ?? {};
  const service = readOptionalObject(members.service, "$.service");
  return { messages, state, service, turn };
}

function withRemedy(error: unknown): unknown {
  if (!AgentError.is(error, "THREAD_INVALID")) return error;
  const remedy = "checkThread finds all that is wrong with the thread, and repairThread mends it.";
  return new AgentError(error.code, `${error.message} ${remedy}`, { path: error.path });
}

function readOptionalObject(value: JsonValue | undefined, path: string): JsonObject | undefined {
  if (value === undefined || isJsonObject(value)) return value;
  throw unexpected("THREAD_INVALID", path, "an object", value);
}

/** The object that is to be a serialized thread, parsed if it came as text. Throws `THREAD_INVALID`. */
export function readObject(value: unknown): object {
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
    const message =
      "$: the text is not well-formed JSON; it may have been cut short. Load the thread again, or restore a backup.";
    throw new AgentError("THREAD_INVALID", message, { path: "$" });
  }
}

export function checkFormat(found: JsonValue | undefined): void {
  if (found === format) return;
  const expectation = `"${format}" (a thread that an agent serialized)`;
  throw unexpected("THREAD_INVALID", "$.format", expectation, found);
}

function checkKind(found: JsonValue | undefined, kind: string): void {
  if (typeof found !== "string") throw unexpected("THREAD_INVALID", "$.kind", "a string", found);
  if (found === kind) return;
  throw new AgentError(
    "THREAD_MISMATCH",
    `This thread was saved by an agent of kind ${quoteName(found)}; this agent is of kind "${kind}". Deserialize it with an agent of its kind.`,
    { path: "$.kind" },
  );
}

/** Checks a version against the highest that is read. Throws `THREAD_INVALID` or `THREAD_TOO_NEW`. */
export function checkVersion(found: JsonValue | undefined, version: number): void {
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

function checkAgent(found: JsonValue | undefined, reader: ThreadReader<string, object>): void {
  if (typeof found !== "string") throw unexpected("THREAD_INVALID", "$.agent", "a string", found);
  if (found === reader.agent || reader.acceptOtherAgent) return;
  throw new AgentError(
    "THREAD_MISMATCH",
    `This thread was saved by agent ${quoteName(found)}; this agent is ${quoteName(reader.agent)}. Deserialize it with that agent, or pass acceptOtherAgent: true.`,
    { path: "$.agent" },
  );
}
