import {
  getText,
  isBlank,
  memberPath,
  nullNode,
  objectNode,
  stringNode,
  type JsonNode,
  type ObjectNode,
} from "../json/node.ts";
import type { Report } from "../report.ts";
import { readServiceId } from "./detect.ts";
import { layouts, type AgentFrameworkShape } from "./shape.ts";

/** A thread of Agent Framework apart from its messages. */
export interface Envelope {
  readonly root: ObjectNode;
  readonly shape: AgentFrameworkShape;
  readonly historyKey: string | undefined;
}

type ReportMember = (path: string, what: string, value: JsonNode) => void;

/** Reports everything of a thread but its messages: it is carried when reading, and lost in another shape. */
export function reportEnvelope(envelope: Envelope, report: ReportMember): void {
  const { root, shape, historyKey } = envelope;
  const { container, serviceId } = layouts[shape];
  const isTransferred = (name: string): boolean =>
    name === "type" || (name === serviceId && readServiceId(root, shape) !== undefined);
  for (const [name, value] of root.members) {
    if (isTransferred(name) || isBlank(value)) continue;
    if (name !== container || value.type !== "object") {
      report(memberPath("$", name), `${JSON.stringify(name.slice(0, 80))} of the thread`, value);
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
      report(statePath, "the state of a provider", value);
    }
  }
}

function reportHistory(history: JsonNode, path: string, report: ReportMember): void {
  if (history.type !== "object") return;
  for (const [name, value] of history.members) {
    if (name === "messages" || name === "type" || isBlank(value)) continue;
    report(memberPath(path, name), "a member of the history", value);
  }
}

/** The thread, still without messages, in the current shape of another language or of a newer version. */
export function convertEnvelope(
  envelope: Envelope | undefined,
  to: AgentFrameworkShape,
  sessionId: string,
  report: Report,
): Envelope {
  const { historyKey } = layouts[to];
  const serviceId = envelope === undefined ? undefined : readServiceId(envelope.root, envelope.shape);
  const isPython = to === "python-session";
  const keptId =
    envelope?.shape === "python-session" && isPython ? getText(envelope.root, "session_id") : undefined;
  if (envelope !== undefined) reportEnvelope(envelope, (path, what) => reportLeftOut(path, what, report));
  const root = isPython
    ? objectNode([
        ["type", stringNode("session")],
        ["session_id", stringNode(keptId ?? sessionId)],
        ["service_session_id", serviceId === undefined ? nullNode : stringNode(serviceId)],
        ["state", objectNode([])],
      ])
    : objectNode([
        ["conversationId", serviceId === undefined ? undefined : stringNode(serviceId)],
        ["stateBag", objectNode([])],
      ]);
  return { root, shape: to, historyKey };
}

// What names a session or its file, and says nothing of the conversation.
const marks: ReadonlySet<string> = new Set(["$.session_id", "$.version", "$.conversationId"]);

function reportLeftOut(path: string, what: string, report: Report): void {
  const isMark = marks.has(path);
  report(isMark ? "replaced" : "lost", path, `${what}: the target has no place for it.`);
}
