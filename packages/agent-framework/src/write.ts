import type { SerializedThread } from "@threadstore/core";
import {
  createId,
  type EnvelopeProblem,
  memberPath,
  mismatchMessage,
  quoteName,
  readEnvelope,
} from "@threadstore/core/documents";
import { readOpenTurn } from "./approvals/open-turn.ts";
import { checkName, InterchangeError } from "./interchange-error.ts";
import { invalidNode } from "./json/invalid-node.ts";
import { getMember, isBlank, type ObjectNode, setMember, shallowValue, stringNode } from "./json/node.ts";
import { readJson } from "./json/read-json.ts";
import { type Preserved, PRESERVED_MEMBER, readPreserved } from "./preserved/state.ts";
import { readHistoryId, reportLostReference, reportMovedId, writeReference } from "./reference.ts";
import { createReport, type Report, type ReportEntry } from "./report.ts";
import { readServiceId } from "./shapes/detect.ts";
import { convertEnvelope, type Envelope } from "./shapes/envelope.ts";
import { findHistory, withMessages } from "./shapes/history.ts";
import { findMessagesElsewhere } from "./shapes/messages-elsewhere.ts";
import { printDocument } from "./shapes/read-document.ts";
import { type AgentFrameworkShape, isShape, LAYOUTS } from "./shapes/shape.ts";
import { writeMessages } from "./write-messages.ts";
import { writeTurn } from "./write-turn.ts";

export interface WriteOptions {
  /**
   * The shape to write: the current one of C# or Python, or the original shape of the thread.
   * @default the original shape; required for a thread that was not read from Agent Framework
   */
  readonly to?: AgentFrameworkShape | undefined;
  /**
   * Throw `NOT_REPRESENTABLE` if a part of the thread would be lost.
   * @default false
   */
  readonly strict?: boolean | undefined;
  /**
   * The id of the session, for `python-session`.
   * @default the original id, or a random UUID
   */
  readonly sessionId?: string | undefined;
  /**
   * The name under which the history provider of Agent Framework keeps its state, for a thread that only refers to its
   * history. Required for one that was not read from such a session.
   */
  readonly historyKey?: string | undefined;
}

export interface WrittenThread {
  /** JSON text. Do not parse and serialize it again: C# depends on the order of members. */
  readonly text: string;
  readonly shape: AgentFrameworkShape;
  /** The parts that are missing from the text, or written in another form. */
  readonly report: readonly ReportEntry[];
}

const CURRENT_SHAPES: readonly AgentFrameworkShape[] = ["csharp-session", "python-session", "python-history"];

/** The members of a thread that are written, and the name of the agent, which Agent Framework does not store. */
const WRITTEN_MEMBERS: readonly string[] = [
  "agent",
  PRESERVED_MEMBER,
  "format",
  "kind",
  "messages",
  "turn",
  "version",
];

/**
 * Writes a thread for Agent Framework. Pass the result of `serialize`, its JSON text, or a store's `stored.thread`.
 * Messages that were read from Agent Framework and not changed since are written in their original form.
 *
 * Throws `INVALID_ARGUMENT`, `THREAD_INVALID` with the path, `THREAD_TOO_NEW`, or, if `strict`, `NOT_REPRESENTABLE`.
 */
export function writeAgentFrameworkThread(
  thread: SerializedThread | string,
  options: WriteOptions = {},
): WrittenThread {
  checkName(options.sessionId, "sessionId");
  checkName(options.historyKey, "historyKey");
  const { root, messages } = readThread(thread);
  const preserved = readPreserved(root);
  const shape = readTarget(options.to, preserved?.shape);
  const { entries, report } = createReport();
  const historyId = readHistoryId(root);
  const movedReport =
    historyId === undefined || preserved === undefined ? report : reportMovedId(preserved, historyId, report);
  const created = createEnvelope(preserved, shape, options.sessionId, movedReport);
  if (historyId === undefined && preserved !== undefined && preserved.shape !== shape) {
    reportLostReference(preserved, report);
  }
  const envelope =
    historyId === undefined ? created : writeReference(created, historyId, options.historyKey, report);
  reportOtherMembers(root, historyId === undefined ? [] : ["history"], report);
  const turn = readOpenTurn(root);
  const written = writeMessages({ messages, preserved, shape, report });
  const filled = writeTurn({ written, turn, preserved, envelope, report });
  const text = printDocument(fillEnvelope(filled.envelope, filled.messages, report), shape);
  const lost = entries.find(({ kind }) => kind === "lost");
  if (options.strict === true && lost !== undefined) {
    const { path, message } = lost;
    throw new InterchangeError("NOT_REPRESENTABLE", `\`${path}\` would be lost. ${message}`, { path });
  }
  return { text, shape, report: entries };
}

function reportOtherMembers(root: ObjectNode, written: readonly string[], report: Report): void {
  for (const [name, value] of root.members) {
    if (WRITTEN_MEMBERS.includes(name) || written.includes(name) || isBlank(value)) continue;
    const message = `Agent Framework does not have the member ${quoteName(name)} of a thread.`;
    report("lost", memberPath("$", name), message);
  }
}

function readThread(value: SerializedThread | string): { root: ObjectNode; messages: readonly ObjectNode[] } {
  const root = readJson(value);
  const [format, kind, version] = ["format", "kind", "version"].map((name) => {
    return shallowValue(getMember(root, name)) as SerializedThread[string] | undefined;
  });
  readEnvelope(
    { format, kind, version },
    { kinds: { chat: 1 }, packageName: "@threadstore/agent-framework", error: envelopeError },
  );
  if (root.type === "object" && readHistoryId(root) !== undefined) return { root, messages: [] };
  const path = "$.messages";
  const list = getMember(root, "messages");
  if (root.type !== "object" || list?.type !== "array") throw invalidNode(path, "an array of messages", list);
  const messages = list.items.map((message, index) => {
    if (message.type !== "object") throw invalidNode(memberPath(path, index), "a message", message);
    return message;
  });
  return { root, messages };
}

function envelopeError({ reason, path, message }: EnvelopeProblem): InterchangeError {
  if (reason === "too-new") return new InterchangeError("THREAD_TOO_NEW", message, { path });
  const remedy = reason === "other-kind" ? " Agent Framework cannot represent other kinds of threads." : "";
  return new InterchangeError("THREAD_INVALID", message + remedy, { path });
}

function readTarget(to: unknown, original: AgentFrameworkShape | undefined): AgentFrameworkShape {
  const target = to ?? original;
  if (isShape(target) && (target === original || CURRENT_SHAPES.includes(target))) return target;
  const originalShape =
    original === undefined || CURRENT_SHAPES.includes(original)
      ? ""
      : ` or "${original}", the thread's original shape`;
  const shapes = CURRENT_SHAPES.map((shape) => `"${shape}"`).join(" or ");
  throw new InterchangeError("INVALID_ARGUMENT", mismatchMessage("to", shapes + originalShape), {
    path: "to",
  });
}

function createEnvelope(
  preserved: Preserved | undefined,
  shape: AgentFrameworkShape,
  sessionId: string | undefined,
  report: Report,
): Envelope {
  if (preserved === undefined || preserved.shape !== shape) {
    const original =
      preserved === undefined ? undefined : { ...preserved, historyKey: historyKeyOf(preserved) };
    return convertEnvelope(original, shape, sessionId ?? createId(), report);
  }
  const hasNewId = shape === "python-session" && sessionId !== undefined;
  const root = hasNewId ? setMember(preserved.root, "session_id", stringNode(sessionId)) : preserved.root;
  return { root, shape, historyKey: historyKeyOf(preserved) };
}

function historyKeyOf({ historyKey, shape }: Preserved): string | undefined {
  const defaultKey = LAYOUTS[shape].historyKey;
  return defaultKey === undefined ? undefined : (historyKey ?? defaultKey);
}

function fillEnvelope(envelope: Envelope, messages: readonly ObjectNode[], report: Report): ObjectNode {
  const { root, shape, historyKey } = envelope;
  const filled = withMessages(root, shape, historyKey, messages);
  if (filled === undefined) {
    const message = `The thread keeps its messages in another store and cannot hold these ${messages.length}.`;
    report("lost", "$.messages", message);
    return root;
  }
  if (messages.length > 0 && isElsewhere(root, shape)) {
    const message =
      "Agent Framework continues the conversation where it is stored and does not read the messages in the thread.";
    report("elsewhere", "$.messages", message);
  }
  return filled;
}

function isElsewhere(root: ObjectNode, shape: AgentFrameworkShape): boolean {
  if (readServiceId(root, shape) !== undefined) return true;
  return findMessagesElsewhere(root, shape, findHistory(root, shape)) !== undefined;
}
