import { memberPath } from "@threadstore/core/documents";
import {
  createPendingTurn,
  findPendingRequests,
  findResponse,
  type PendingTurn,
} from "./approvals/pending-turn.ts";
import { type ChatGroup, type ChatOrigin, toChat } from "./chat/to-chat.ts";
import { invalidNode } from "./json/invalid-node.ts";
import type { JsonNode, ObjectNode } from "./json/node.ts";
import { readJson } from "./json/read-json.ts";
import { type Approval, type CallFacts, findCallFacts } from "./messages/call-facts.ts";
import { moveTypesFirst } from "./messages/discriminators.ts";
import type { Message } from "./messages/message.ts";
import { readMessage } from "./messages/read-message.ts";
import { fingerprint } from "./preserved/fingerprint.ts";
import { packOriginals } from "./preserved/originals.ts";
import { rebuildMessages } from "./preserved/rebuild.ts";
import type { PreservedGroup } from "./preserved/state.ts";
import { reportFindings } from "./repair/report-findings.ts";
import { createReport, discardReport, type Report, type ReportEntry } from "./report.ts";
import type { Envelope } from "./shapes/envelope.ts";
import type { History } from "./shapes/history.ts";
import { readSessionApprovals } from "./shapes/session-approvals.ts";
import { type AgentFrameworkShape, LAYOUTS } from "./shapes/shape.ts";

/** A conversation of Agent Framework as one of Chat Completions. */
export interface ConvertedMessages {
  readonly chat: ChatGroup["chat"];
  readonly groups: readonly PreservedGroup[];
  /** Where each message of `chat` comes from. */
  readonly origins: readonly ChatOrigin[];
  /** The open turn, if the calls of the last response wait for approval. */
  readonly turn: PendingTurn | undefined;
}

interface Conversion {
  readonly groups: readonly ChatGroup[];
  readonly turn: PendingTurn | undefined;
  readonly entries: readonly ReportEntry[];
}

/** Converts the messages of a thread. Throws `THREAD_INVALID` with the path. */
export function readMessages(history: History, { root, shape }: Envelope, report: Report): ConvertedMessages {
  const { language } = LAYOUTS[shape];
  const nodes = (history.messages ?? []).map((node, index) => {
    const path = memberPath(history.path, index);
    return requireObject(language === "csharp" ? moveTypesFirst(node, path, report) : node, path);
  });
  const messages = nodes.map((node, index) => readMessage(node, language, memberPath(history.path, index)));
  const { groups, turn, entries } = convert(messages, root, shape);
  for (const { kind, path, message } of entries) report(kind, path, message);
  return {
    chat: groups.flatMap(({ chat }) => chat),
    groups: groups.map((group) => packGroup(group, nodes, shape)),
    origins: groups.flatMap(({ origins }) => origins),
    turn,
  };
}

/** Pending approvals become an open turn if a valid thread results. Otherwise, they are only preserved. */
function convert(messages: readonly Message[], root: ObjectNode, shape: AgentFrameworkShape): Conversion {
  const facts = findCallFacts(messages);
  const pending = [...findPendingRequests(facts).values()];
  const paths = pending
    .filter(({ callId }) => !facts.openCalls.has(callId))
    .map(({ content }) => content.path);
  const withTurn = convertWith(messages, facts, new Set(paths), { root, shape });
  const isOpen = withTurn.turn !== undefined && !needsRepair(withTurn);
  if (isOpen || paths.length === 0) return withTurn;
  const withoutTurn = convertWith(messages, facts, new Set(), { root, shape });
  return needsRepair(withoutTurn) && withTurn.turn !== undefined ? withTurn : withoutTurn;
}

function convertWith(
  messages: readonly Message[],
  facts: CallFacts,
  pendingPaths: ReadonlySet<string>,
  { root, shape }: { readonly root: ObjectNode; readonly shape: AgentFrameworkShape },
): Conversion {
  const { entries, report } = createReport();
  const groups = toChat(messages, { facts, pendingPaths, report });
  const chat = groups.flatMap((group) => group.chat);
  const turn = createPendingTurn(chat, facts, readSessionApprovals(root, shape), root);
  const pendingCalls = new Set(turn?.calls.map(({ callId }) => callId));
  reportFindings(groups, LAYOUTS[shape].language, pendingCalls, report);
  const converted = new Set(
    turn === undefined ? [] : listApprovals(facts).map(({ content }) => content.path),
  );
  return { groups, turn, entries: entries.filter(({ path }) => !converted.has(path)) };
}

/** Returns the requests that wait and the responses to them, which an open turn represents. */
function listApprovals(facts: CallFacts): Approval[] {
  return [...findPendingRequests(facts).values()].flatMap((request) => {
    const response = findResponse(request, facts.responses);
    return response === undefined ? [request] : [request, response];
  });
}

function needsRepair({ entries }: Conversion): boolean {
  return entries.some(({ kind }) => kind === "repair");
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
