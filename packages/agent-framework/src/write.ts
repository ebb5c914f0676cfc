import { randomUUID } from "node:crypto";
import type { SerializedThread } from "@threadstore/core";
import { readCarried, type Carried } from "./carried/state.ts";
import { checkName, InterchangeError, invalid } from "./interchange-error.ts";
import { readJson } from "./json/from-value.ts";
import {
  describeNode,
  getMember,
  getText,
  printNode,
  stringNode,
  setMember,
  type ObjectNode,
} from "./json/node.ts";
import { startReport, type Report, type ReportEntry } from "./report.ts";
import { readServiceId } from "./shapes/detect.ts";
import { convertEnvelope, type Envelope } from "./shapes/envelope.ts";
import { withMessages } from "./shapes/history.ts";
import { isShape, layouts, type AgentFrameworkShape } from "./shapes/shape.ts";
import { writeMessages } from "./write-messages.ts";

export interface WriteOptions {
  /**
   * The shape to write: the current one of C# or Python, or the one that the thread came in.
   * @default the shape that the thread came in; a thread that began here has none, and needs the option
   */
  readonly to?: AgentFrameworkShape | undefined;
  /**
   * Throw `NOT_REPRESENTABLE` instead of leaving something out.
   * @default false
   */
  readonly strict?: boolean | undefined;
  /**
   * The id of the session, for `python-session`.
   * @default the one that the thread came with, or else a random UUID
   */
  readonly sessionId?: string | undefined;
}

export interface WrittenThread {
  /** JSON text. To parse it and to write it again is not safe: C# depends on the order of members. */
  readonly text: string;
  readonly shape: AgentFrameworkShape;
  /** What is not in the text, or in another form. */
  readonly report: readonly ReportEntry[];
}

const currentShapes: readonly AgentFrameworkShape[] = ["csharp-session", "python-session"];

/**
 * Writes a thread for Agent Framework: what `serialize` gave, its JSON text, or a store's `stored.thread`. The
 * messages that came from there, and are still as they were read, are written as they came.
 *
 * Throws `INVALID_ARGUMENT`, `THREAD_INVALID` with the path, `THREAD_TOO_NEW`, or `NOT_REPRESENTABLE` if strict.
 */
export function writeAgentFrameworkThread(
  thread: SerializedThread | string,
  options: WriteOptions = {},
): WrittenThread {
  checkName(options.sessionId, "sessionId");
  const { root, messages } = readThread(thread);
  const carried = readCarried(root);
  const shape = readTarget(options.to, carried?.shape);
  const { entries, report } = startReport();
  const envelope = makeEnvelope(carried, shape, options.sessionId, report);
  const written = writeMessages({ messages, carried, shape, report });
  const text = printNode(fill(envelope, written, report));
  const lost = entries.find(({ kind }) => kind === "lost");
  if (options.strict === true && lost !== undefined) {
    const { path, what } = lost;
    throw new InterchangeError("NOT_REPRESENTABLE", `${path}: ${what}`, { path });
  }
  return { text, shape, report: entries };
}

function readThread(value: SerializedThread | string): { root: ObjectNode; messages: readonly ObjectNode[] } {
  const root = readJson(value);
  if (root.type !== "object" || getText(root, "format") !== "threadstore.thread") {
    throw invalid("$.format", '"threadstore.thread"', describeNode(getMember(root, "format")));
  }
  if (getText(root, "kind") !== "chat") {
    throw invalid("$.kind", '"chat": Agent Framework has no shape for others', "another kind");
  }
  const version = getMember(root, "version");
  if (version?.type !== "number" || !/^[1-9]\d*$/.test(version.text)) {
    throw invalid("$.version", "a whole number from 1", describeNode(version));
  }
  if (version.text !== "1") {
    const message = `This thread has format version ${version.text.slice(0, 20)}; this version of @threadstore/agent-framework writes threads of version 1. Update the package.`;
    throw new InterchangeError("THREAD_TOO_NEW", message, { path: "$.version" });
  }
  const list = getMember(root, "messages");
  if (list?.type !== "array") throw invalid("$.messages", "a list of messages", describeNode(list));
  const messages = list.items.map((message, index) => {
    if (message.type !== "object") throw invalid(`$.messages[${index}]`, "a message", describeNode(message));
    return message;
  });
  return { root, messages };
}

function readTarget(to: unknown, from: AgentFrameworkShape | undefined): AgentFrameworkShape {
  const target = to ?? from;
  if (isShape(target) && (target === from || currentShapes.includes(target))) return target;
  const own =
    from === undefined || currentShapes.includes(from) ? "" : ` or "${from}", in which the thread came`;
  const message = `to: expected ${currentShapes.map((shape) => JSON.stringify(shape)).join(" or ")}${own}.`;
  throw new InterchangeError("INVALID_ARGUMENT", message, { path: "to" });
}

function makeEnvelope(
  carried: Carried | undefined,
  shape: AgentFrameworkShape,
  sessionId: string | undefined,
  report: Report,
): Envelope {
  if (carried === undefined || carried.shape !== shape) {
    const from = carried === undefined ? undefined : { ...carried, historyKey: keyOf(carried) };
    return convertEnvelope(from, shape, sessionId ?? randomUUID(), report);
  }
  const isRenamed = shape === "python-session" && sessionId !== undefined;
  const root = isRenamed ? setMember(carried.root, "session_id", stringNode(sessionId)) : carried.root;
  return { root, shape, historyKey: keyOf(carried) };
}

function keyOf({ historyKey, shape }: Carried): string | undefined {
  const usual = layouts[shape].historyKey;
  return usual === undefined ? undefined : (historyKey ?? usual);
}

function fill(envelope: Envelope, messages: readonly ObjectNode[], report: Report): ObjectNode {
  const { root, shape, historyKey } = envelope;
  const filled = withMessages(root, shape, historyKey, messages);
  if (filled === undefined) {
    const what = `${messages.length} messages: the thread keeps its messages in another store, and has no place for them.`;
    report("lost", "$.messages", what);
    return root;
  }
  if (messages.length > 0 && readServiceId(root, shape) !== undefined) {
    const what =
      "Agent Framework goes on with the service's conversation, and does not read the thread's own messages.";
    report("elsewhere", "$.messages", what);
  }
  return filled;
}
