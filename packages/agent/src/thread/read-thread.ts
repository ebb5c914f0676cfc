import type { JsonValue } from "@threadstore/core";
import {
  type EnvelopeProblem,
  isJsonObject,
  isPlainObject,
  type JsonObject,
  quoteName,
  readEnvelope,
} from "@threadstore/core/documents";
import { AgentError, invalidValue } from "../agent-error.ts";
import { copyJson } from "../json.ts";
import { type MessageEntry, roleOf } from "../wire-form/message-entry.ts";
import type { WireForm } from "../wire-form/wire-form.ts";
import { checkTurn, type TurnMessages } from "./check-turn.ts";
import { rejectReference } from "./reject-reference.ts";
import type { ThreadContent } from "./thread-content.ts";
import type { OpenCalls, ThreadKind } from "./thread-kind.ts";
import { readKeys } from "./turn-key.ts";
import { readTurn } from "./turn-record.ts";
import { readUnaccepted } from "./unaccepted.ts";

/** The agent that reads a serialized thread. */
export interface ThreadReader<Kind extends string, Message extends object> {
  readonly kind: ThreadKind<Kind, Message>;
  readonly agent: string;
  readonly acceptOtherAgent: boolean;
}

/**
 * Reads a serialized thread, which is untrusted: everything is validated and copied.
 *
 * Throws `THREAD_INVALID` with the path, `THREAD_MISMATCH` (another kind or agent) or `THREAD_TOO_NEW`.
 */
export function readThread<Kind extends string, Message extends object>(
  value: unknown,
  reader: ThreadReader<Kind, Message>,
): ThreadContent<Message> {
  const source = parseDocument(value);
  rejectReference(source);
  const {
    agent: _agent,
    messages,
    state,
    service,
    unaccepted,
    keys,
    turn,
    ...extra
  } = readMembers(source, reader);
  try {
    const content = readContent(reader.kind, { messages, state, service, unaccepted, keys, turn });
    return { agent: reader.agent, extra, ...content };
  } catch (error) {
    throw withRemedy(error);
  }
}

/** Returns the members of a thread whose envelope and agent have been checked. Throws as {@link readThread} does. */
export function readMembers(
  value: unknown,
  reader: Pick<ThreadReader<string, object>, "acceptOtherAgent" | "agent" | "kind">,
): JsonObject {
  const { kind } = reader;
  const document = copyJson(parseDocument(value), { code: "THREAD_INVALID" }) as JsonObject;
  const { members } = readEnvelope(document, {
    kinds: { [kind.kind]: kind.version },
    packageName: kind.packageName,
    error: (problem) => envelopeError(problem, document["kind"], kind.kind),
  });
  checkAgent(members["agent"], reader);
  return members;
}

function readContent<Message extends object>(
  kind: ThreadKind<string, Message>,
  members: {
    readonly [name in "keys" | "messages" | "service" | "state" | "turn" | "unaccepted"]:
      | JsonValue
      | undefined;
  },
): Omit<ThreadContent<Message>, "agent" | "extra"> {
  const messages = kind.checkMessages(members.messages, "$.messages", "THREAD_INVALID");
  const turn = readTurn(members.turn);
  const open = kind.findOpenCalls(messages, "$.messages", "THREAD_INVALID");
  checkTurn(turn, toTurnMessages(messages, open, kind.wireForm));
  const state = readOptionalObject(members.state, "$.state") ?? {};
  const service = readOptionalObject(members.service, "$.service");
  const keys = readKeys(members.keys, messages.length);
  const unaccepted = readUnaccepted(members.unaccepted, messages.length);
  return { messages, state, service, unaccepted, keys, turn };
}

/** Reads only the messages that are checked. Relies on each result to answer a call. */
function toTurnMessages(messages: readonly object[], open: OpenCalls, form: WireForm): TurnMessages {
  const entryAt = (index: number): MessageEntry | undefined => {
    const message = messages[index];
    return message === undefined ? undefined : form.read(message as JsonObject, "", index);
  };
  const isBoundary = (index: number): boolean => {
    let unanswered = open.calls.length;
    for (let position = index; position < messages.length; position += 1) {
      const entry = entryAt(position);
      unanswered += (roleOf(entry) === "tool" ? 1 : 0) - (entry?.calls.length ?? 0);
    }
    return unanswered === 0;
  };
  return { messageCount: messages.length, open, entryAt, isBoundary };
}

function withRemedy(error: unknown): unknown {
  if (!AgentError.is(error, "THREAD_INVALID")) return error;
  const remedy = "List all faults of the thread with checkThread, and repair it with repairThread.";
  return new AgentError(error.code, `${error.message} ${remedy}`, { path: error.path });
}

function readOptionalObject(value: JsonValue | undefined, path: string): JsonObject | undefined {
  if (value === undefined || isJsonObject(value)) return value;
  throw invalidValue("THREAD_INVALID", path, "an object", value);
}

/** Returns the object that should be a serialized thread, parsed if it is text. Throws `THREAD_INVALID`. */
export function parseDocument(value: unknown): { readonly [member: string]: unknown } {
  const document = typeof value === "string" ? parseText(value) : value;
  if (document === undefined) {
    throw invalidDocument(
      "`thread` must be a serialized thread, but is undefined. If a store's load returned undefined, create a thread with getNewThread.",
    );
  }
  if (isStoredThread(document)) {
    throw invalidDocument("This is a store's stored thread. Pass its `thread` member.");
  }
  if (isPlainObject(document)) return document;
  throw invalidValue("THREAD_INVALID", "$", "a serialized thread", document);
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
    // Without the SyntaxError as the cause: its message quotes the text.
    throw invalidDocument(
      "The text is not well-formed JSON. It may be truncated. Load the thread again, or restore a backup.",
    );
  }
}

function invalidDocument(message: string): AgentError {
  return new AgentError("THREAD_INVALID", message, { path: "$" });
}

function envelopeError(
  { reason, path, message }: EnvelopeProblem,
  actual: JsonValue | undefined,
  expected: string,
): AgentError {
  if (reason === "too-new") return new AgentError("THREAD_TOO_NEW", message, { path });
  if (reason === "other-kind" && typeof actual === "string") {
    return new AgentError(
      "THREAD_MISMATCH",
      `An agent of kind ${quoteName(actual)} saved this thread, and this agent is of kind "${expected}". Deserialize it with an agent of its kind.`,
      { path },
    );
  }
  return new AgentError("THREAD_INVALID", message, { path });
}

function checkAgent(agent: JsonValue | undefined, reader: ThreadReader<string, object>): void {
  if (typeof agent !== "string") throw invalidValue("THREAD_INVALID", "$.agent", "a string", agent);
  if (agent === reader.agent || reader.acceptOtherAgent) return;
  throw new AgentError(
    "THREAD_MISMATCH",
    `Agent ${quoteName(agent)} saved this thread, and this agent is ${quoteName(reader.agent)}. Deserialize it with that agent, or pass acceptOtherAgent: true.`,
    { path: "$.agent" },
  );
}
