import type { SerializedThread } from "@threadstore/core";
import { THREAD_FORMAT } from "@threadstore/core/documents";
import { turnFingerprint } from "./approvals/turn-fingerprint.ts";
import type { ChatOrigin } from "./chat/to-chat.ts";
import { checkName } from "./interchange-error.ts";
import { printNode } from "./json/node.ts";
import { newPreservedState, PRESERVED_MEMBER } from "./preserved/state.ts";
import { readMessages } from "./read-messages.ts";
import { findHistoryId } from "./reference.ts";
import { createReport, type Report, type ReportEntry } from "./report.ts";
import { locateMessages, type MessagesAt, readServiceId } from "./shapes/detect.ts";
import { type Envelope, reportEnvelope } from "./shapes/envelope.ts";
import { findHistory, withMessages } from "./shapes/history.ts";
import { findMessagesElsewhere, type MessagesElsewhere } from "./shapes/messages-elsewhere.ts";
import { readDocument } from "./shapes/read-document.ts";
import { type AgentFrameworkShape, LAYOUTS } from "./shapes/shape.ts";

export interface ReadOptions {
  /**
   * The name of the agent that will continue the thread. Agent Framework's threads do not contain one.
   * @default "Assistant"
   */
  readonly agent?: string | undefined;
  /**
   * The application's name of the history provider, in shapes with several providers. Only needed if several of
   * them have messages and none has the default name.
   */
  readonly historyKey?: string | undefined;
  /**
   * Whether a session whose messages are in a store becomes a reference to a history with the same id, for an agent with
   * the option `history`. Copy the messages to that agent's store.
   * @default false: it becomes an empty thread
   */
  readonly asReference?: boolean | undefined;
}

export interface ReadThread {
  /** The conversation in this project's format, for a store or for a chat agent's `deserializeThread`. */
  readonly thread: SerializedThread;
  readonly shape: AgentFrameworkShape;
  /** The location of the messages. Unless it is `thread`, `thread` has no messages. */
  readonly messagesAt: MessagesAt;
  /** The place in Agent Framework's thread from which each message of `thread` comes. */
  readonly origins: readonly ChatOrigin[];
  /** The id of the conversation that a service keeps, if any. */
  readonly serviceId: string | undefined;
  /** What keeps the messages and how to find them there, if the session says so. */
  readonly elsewhere: MessagesElsewhere | undefined;
  /** The parts that could not simply be converted. */
  readonly report: readonly ReportEntry[];
}

/**
 * Reads a thread that Agent Framework wrote, in any shape. Pass the JSON text if possible: a parsed value has lost
 * the order of some members and the notation of numbers. The thread is untrusted and checked.
 *
 * Throws `SHAPE_UNKNOWN`, `THREAD_INVALID` with the path, or `INVALID_ARGUMENT`.
 */
export function readAgentFrameworkThread(value: object | string, options: ReadOptions = {}): ReadThread {
  const { agent = "Assistant", historyKey } = options;
  checkName(agent, "agent");
  checkName(historyKey, "historyKey");
  const { shape, root } = readDocument(value);
  const history = findHistory(root, shape, historyKey);
  const envelope: Envelope = { root, shape, historyKey: history.key };
  const messagesAt = locateMessages(root, shape, history);
  const { entries, report } = createReport();
  reportEnvelope(envelope, (path, subject, { type }) => {
    // Other values are ids and versions, which are not worth reporting.
    if (type === "object" || type === "array") {
      report("preserved", path, `${subject} is stored and written back.`);
    }
  });
  const elsewhere = findMessagesElsewhere(root, shape, history);
  reportLocation(messagesAt, envelope, elsewhere, report);
  const { chat, groups, origins, turn } = readMessages(history, envelope, report);
  const preserved = newPreservedState({
    shape,
    ...(history.key === undefined || history.key === LAYOUTS[shape].historyKey
      ? {}
      : { historyKey: history.key }),
    thread: printNode(withMessages(root, shape, history.key, []) ?? root),
    messages: [...groups],
    ...(turn === undefined ? {} : { turn: turnFingerprint(turn) }),
  });
  const historyId = options.asReference === true && chat.length === 0 ? findHistoryId(elsewhere) : undefined;
  const thread = {
    format: THREAD_FORMAT,
    version: 1,
    kind: "chat",
    agent,
    [PRESERVED_MEMBER]: preserved,
    // The messages are plain data. Their type differs from SerializedThread only in its readonly members.
    ...(historyId === undefined
      ? { messages: chat as unknown as SerializedThread[] }
      : { history: { id: historyId } }),
    ...(turn === undefined ? {} : { turn }),
  };
  const serviceId = readServiceId(root, shape);
  return { thread, shape, messagesAt, origins, serviceId, elsewhere, report: entries };
}

const KEEPERS: { readonly [Keeper in MessagesElsewhere["keeper"]]: string } = {
  a2a: "The remote agent",
  "copilot-studio": "Copilot Studio",
  cosmos: "Cosmos DB",
  durable: "The durable agent",
  file: "A file",
  "github-copilot": "GitHub Copilot",
  "other-store": "Another store",
  redis: "Redis",
  service: "A service",
  valkey: "Valkey",
};

function reportLocation(
  messagesAt: MessagesAt,
  { root, shape }: Envelope,
  elsewhere: MessagesElsewhere | undefined,
  report: Report,
): void {
  const { serviceId, container } = LAYOUTS[shape];
  if (elsewhere !== undefined) {
    const ids = Object.keys(elsewhere.ids).join(", ") || "no id";
    const place = KEEPERS[elsewhere.keeper];
    const message = `${place} keeps the messages, which ${ids} identifies. Read them from there.`;
    report("elsewhere", elsewhere.path, message);
  } else if (messagesAt === "store") {
    const message = "The messages are in another store, of which this is the state. Read them from there.";
    report("elsewhere", `$.${container}`, message);
  }
  if (readServiceId(root, shape) === undefined) return;
  const message =
    messagesAt === "service"
      ? "A service keeps the messages under this id. The thread does not contain them."
      : "A service keeps a conversation under this id. Only the messages in the thread are read.";
  report("elsewhere", `$.${serviceId}`, message);
}
