import type { SerializedThread } from "@threadstore/core";
import { memberPath, THREAD_FORMAT } from "@threadstore/core/documents";
import { type ChatGroup, toChat } from "./chat/to-chat.ts";
import { checkName, invalidNode } from "./interchange-error.ts";
import { type JsonNode, type ObjectNode, printNode } from "./json/node.ts";
import { readJson } from "./json/read-json.ts";
import { moveTypesFirst } from "./messages/discriminators.ts";
import { readMessage } from "./messages/read-message.ts";
import { fingerprint } from "./preserved/fingerprint.ts";
import { packOriginals } from "./preserved/originals.ts";
import { rebuildMessages } from "./preserved/rebuild.ts";
import { newPreservedState, PRESERVED_MEMBER, type PreservedGroup } from "./preserved/state.ts";
import { reportFindings } from "./repair/report-findings.ts";
import { createReport, discardReport, type Report, type ReportEntry } from "./report.ts";
import { locateMessages, type MessagesAt, readServiceId } from "./shapes/detect.ts";
import { type Envelope, reportEnvelope } from "./shapes/envelope.ts";
import { findHistory, type History, withMessages } from "./shapes/history.ts";
import { requireAgentFramework } from "./shapes/recognize.ts";
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
}

export interface ReadThread {
  /** The conversation in this project's format, for a store or for a chat agent's `deserializeThread`. */
  readonly thread: SerializedThread;
  readonly shape: AgentFrameworkShape;
  /** The location of the messages. Unless it is `thread`, `thread` has no messages. */
  readonly messagesAt: MessagesAt;
  /** The id of the conversation that a service keeps, if any. */
  readonly serviceId: string | undefined;
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
  const { shape, root } = requireAgentFramework(readJson(value));
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
  reportLocation(messagesAt, envelope, report);
  const { chat, groups } = readMessages(history, shape, report);
  const preserved = newPreservedState({
    shape,
    ...(history.key === undefined || history.key === LAYOUTS[shape].historyKey
      ? {}
      : { historyKey: history.key }),
    thread: printNode(withMessages(root, shape, history.key, []) ?? root),
    messages: groups,
  });
  const thread = {
    format: THREAD_FORMAT,
    version: 1,
    kind: "chat",
    agent,
    [PRESERVED_MEMBER]: preserved,
    // The messages are plain data. Their type differs from SerializedThread only in its readonly members.
    messages: chat as unknown as SerializedThread[],
  };
  return { thread, shape, messagesAt, serviceId: readServiceId(root, shape), report: entries };
}

function reportLocation(messagesAt: MessagesAt, { root, shape }: Envelope, report: Report): void {
  const { serviceId, container } = LAYOUTS[shape];
  if (messagesAt === "store") {
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

function readMessages(
  history: History,
  shape: AgentFrameworkShape,
  report: Report,
): { readonly chat: ChatGroup["chat"]; readonly groups: PreservedGroup[] } {
  const { language } = LAYOUTS[shape];
  const nodes = (history.messages ?? []).map((node, index) => {
    const path = memberPath(history.path, index);
    return requireObject(language === "csharp" ? moveTypesFirst(node, path, report) : node, path);
  });
  const messages = nodes.map((node, index) => readMessage(node, language, memberPath(history.path, index)));
  const chatGroups = toChat(messages, report);
  reportFindings(chatGroups, language, report);
  return {
    chat: chatGroups.flatMap(({ chat }) => chat),
    groups: chatGroups.map((group) => packGroup(group, nodes, shape)),
  };
}

function packGroup(
  group: ChatGroup,
  nodes: readonly ObjectNode[],
  shape: AgentFrameworkShape,
): PreservedGroup {
  const messages = group.chat.map((message) => ({ node: readJson(message), path: "$" }));
  const sources = group.sources.map((index) => nodes[index]).filter((node) => node !== undefined);
  const rebuilt = rebuildMessages(messages, LAYOUTS[shape].dialect, discardReport);
  const originals = packOriginals(sources, rebuilt);
  const fingerprints = messages.map(({ node }) => fingerprint(node));
  return originals === undefined ? { fingerprints } : { fingerprints, originals: [...originals] };
}

function requireObject(node: JsonNode, path: string): ObjectNode {
  if (node.type !== "object") throw invalidNode(path, "a message", node);
  return node;
}
