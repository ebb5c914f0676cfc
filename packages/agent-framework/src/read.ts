import type { SerializedThread } from "@threadstore/core";
import { fingerprint } from "./carried/fingerprint.ts";
import { packOriginals } from "./carried/originals.ts";
import { remake } from "./carried/remake.ts";
import { carriedMember, newCarriedState, type CarriedGroup } from "./carried/state.ts";
import { toChat, type ChatGroup } from "./chat/to-chat.ts";
import { checkName, invalid } from "./interchange-error.ts";
import { readJson } from "./json/from-value.ts";
import { describeNode, printNode, type JsonNode, type ObjectNode } from "./json/node.ts";
import { putTypesFirst } from "./messages/discriminators.ts";
import { readMessage } from "./messages/read-message.ts";
import { reportDamage } from "./repair/report-damage.ts";
import { startReport, unreported, type Report, type ReportEntry } from "./report.ts";
import { locateMessages, readServiceId, type MessagesAt } from "./shapes/detect.ts";
import { reportEnvelope, type Envelope } from "./shapes/envelope.ts";
import { findHistory, withMessages, type History } from "./shapes/history.ts";
import { requireAgentFramework } from "./shapes/recognize.ts";
import { layouts, type AgentFrameworkShape } from "./shapes/shape.ts";

export interface ReadOptions {
  /**
   * The name of the agent that takes the thread up; Agent Framework's threads name none.
   * @default "Assistant"
   */
  readonly agent?: string | undefined;
  /**
   * What the application calls its history provider, in the shapes with several providers. Needed only where
   * several keep messages and none has the usual name.
   */
  readonly historyKey?: string | undefined;
}

export interface ReadThread {
  /** The conversation in this project's format, for a store or for a chat agent's `deserializeThread`. */
  readonly thread: SerializedThread;
  readonly shape: AgentFrameworkShape;
  /** Where the messages are. Only with `thread` are they in the thread; otherwise it is empty. */
  readonly messagesAt: MessagesAt;
  /** The id of the conversation that the service keeps, where there is one. */
  readonly serviceId: string | undefined;
  /** What could not simply be taken over. */
  readonly report: readonly ReportEntry[];
}

/**
 * Reads a thread that Agent Framework wrote, in whichever shape: JSON text, which is better (it keeps the order
 * of all members and numbers as they were written), or what was parsed from it. It is untrusted and checked.
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
  const { entries, report } = startReport();
  reportEnvelope(envelope, (path, what, { type }) => {
    // Ids and versions are nothing that anybody would miss.
    if (type === "object" || type === "array") report("carried", path, `${what}. Kept and written back.`);
  });
  reportPlace(messagesAt, envelope, report);
  const { chat, groups } = readMessages(history, shape, report);
  const carried = newCarriedState({
    shape,
    ...(history.key === undefined || history.key === layouts[shape].historyKey
      ? {}
      : { historyKey: history.key }),
    thread: printNode(withMessages(root, shape, history.key, []) ?? root),
    messages: groups,
  });
  const thread = {
    format: "threadstore.thread",
    version: 1,
    kind: "chat",
    agent,
    [carriedMember]: carried,
    // Made of plain data a few lines above; its type has readonly members, the format's has not.
    messages: chat as unknown as SerializedThread[],
  };
  return { thread, shape, messagesAt, serviceId: readServiceId(root, shape), report: entries };
}

function reportPlace(messagesAt: MessagesAt, { root, shape }: Envelope, report: Report): void {
  const { serviceId, container } = layouts[shape];
  if (messagesAt === "store") {
    const what = "the messages are in another store, of which this is the state. Read them from there.";
    report("elsewhere", `$.${container}`, what);
  }
  if (readServiceId(root, shape) === undefined) return;
  const what =
    messagesAt === "service"
      ? "the messages are with the service under this id, and not in the thread."
      : "the service keeps a conversation under this id; what is read is what the thread itself has.";
  report("elsewhere", `$.${serviceId}`, what);
}

function readMessages(
  history: History,
  shape: AgentFrameworkShape,
  report: Report,
): { readonly chat: ChatGroup["chat"]; readonly groups: CarriedGroup[] } {
  const { language } = layouts[shape];
  const nodes = (history.messages ?? []).map((node, index) => {
    const path = `${history.path}[${index}]`;
    return requireObject(language === "csharp" ? putTypesFirst(node, path, report) : node, path);
  });
  const messages = nodes.map((node, index) => readMessage(node, language, `${history.path}[${index}]`));
  const chatGroups = toChat(messages, report);
  reportDamage(chatGroups, language, report);
  return {
    chat: chatGroups.flatMap(({ chat }) => chat),
    groups: chatGroups.map((group) => packGroup(group, nodes, shape)),
  };
}

function packGroup(group: ChatGroup, nodes: readonly ObjectNode[], shape: AgentFrameworkShape): CarriedGroup {
  const placed = group.chat.map((message) => ({ node: readJson(message), path: "$" }));
  const sources = group.sources.map((index) => nodes[index]).filter((node) => node !== undefined);
  const remade = remake(placed, layouts[shape].dialect, unreported);
  const originals = packOriginals(sources, remade);
  const fingerprints = placed.map(({ node }) => fingerprint(node));
  return originals === undefined ? { fingerprints } : { fingerprints, originals: [...originals] };
}

function requireObject(node: JsonNode, path: string): ObjectNode {
  if (node.type !== "object") throw invalid(path, "a message", describeNode(node));
  return node;
}
