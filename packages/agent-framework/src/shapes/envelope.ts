import { memberPath, quoteName } from "@threadstore/core/documents";
import {
  getText,
  isBlank,
  type JsonNode,
  NULL_NODE,
  objectNode,
  type ObjectNode,
  stringNode,
} from "../json/node.ts";
import type { Report } from "../report.ts";
import { readServiceId } from "./detect.ts";
import { linesRoot } from "./read-document.ts";
import { isPendingApprovals } from "./session-approvals.ts";
import { type AgentFrameworkShape, LAYOUTS } from "./shape.ts";

/** A thread of Agent Framework without its messages. */
export interface Envelope {
  readonly root: ObjectNode;
  readonly shape: AgentFrameworkShape;
  readonly historyKey: string | undefined;
}

/** Reports a member of the envelope. `subject` starts a sentence. */
type ReportMember = (path: string, subject: string, value: JsonNode) => void;

/** Reports all members of the envelope, which are preserved on reading and lost in another shape. */
export function reportEnvelope(envelope: Envelope, report: ReportMember): void {
  const { root, shape, historyKey } = envelope;
  const { container, serviceId } = LAYOUTS[shape];
  const isConverted = (name: string): boolean =>
    name === "type" || (name === serviceId && readServiceId(root, shape) !== undefined);
  if (shape === "python-history") return;
  for (const [name, value] of root.members) {
    if (isConverted(name) || isBlank(value)) continue;
    if (name !== container || value.type !== "object") {
      report(memberPath("$", name), `The member ${quoteName(name)} of the thread`, value);
    } else {
      reportContainer(value, historyKey, memberPath("$", container), report);
    }
  }
}

function reportContainer(
  container: ObjectNode,
  historyKey: string | undefined,
  path: string,
  report: ReportMember,
): void {
  for (const [name, value] of container.members) {
    const statePath = memberPath(path, name);
    if (historyKey === undefined || name === historyKey) {
      const history = historyKey === undefined ? objectNode([[name, value]]) : value;
      const historyPath = historyKey === undefined ? path : statePath;
      reportHistory(history, historyPath, report);
    } else if (!isBlank(value)) {
      report(statePath, "The state of a provider", value);
    }
  }
}

function reportHistory(history: JsonNode, path: string, report: ReportMember): void {
  if (history.type !== "object") return;
  for (const [name, value] of history.members) {
    if (name === "messages" || name === "type" || isBlank(value)) continue;
    report(memberPath(path, name), "A member of the history", value);
  }
}

/** Returns the envelope of a thread, still without messages, in the current shape of a language. */
export function convertEnvelope(
  envelope: Envelope | undefined,
  to: AgentFrameworkShape,
  sessionId: string,
  report: Report,
): Envelope {
  const { historyKey } = LAYOUTS[to];
  const serviceId = envelope === undefined ? undefined : readServiceId(envelope.root, envelope.shape);
  const isPython = to === "python-session";
  const currentId =
    envelope?.shape === "python-session" && isPython ? getText(envelope.root, "session_id") : undefined;
  if (envelope !== undefined) {
    reportEnvelope(envelope, (...member) => reportOmitted(member, envelope.shape, report));
  }
  if (to === "python-history") {
    if (serviceId !== undefined) {
      report(
        "lost",
        "$.agentFramework.thread",
        "A history does not have the id of a service's conversation.",
      );
    }
    return { root: linesRoot([]), shape: to, historyKey };
  }
  const root = isPython
    ? objectNode([
        ["type", stringNode("session")],
        ["session_id", stringNode(currentId ?? sessionId)],
        ["service_session_id", serviceId === undefined ? NULL_NODE : stringNode(serviceId)],
        ["state", objectNode([])],
      ])
    : objectNode([
        ["conversationId", serviceId === undefined ? undefined : stringNode(serviceId)],
        ["stateBag", objectNode([])],
      ]);
  return { root, shape: to, historyKey };
}

// Members that identify a session or a file version, and are not part of the conversation.
const IDENTITY_PATHS: ReadonlySet<string> = new Set(["$.session_id", "$.version", "$.conversationId"]);

function reportOmitted(
  [path, subject, value]: Parameters<ReportMember>,
  shape: AgentFrameworkShape,
  report: Report,
): void {
  const isReplaced = IDENTITY_PATHS.has(path) || isPendingApprovals(path, value, shape);
  const kind = isReplaced ? "replaced" : "lost";
  report(kind, path, `${subject} has no counterpart in the target.`);
}
