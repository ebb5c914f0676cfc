import { kindOf, quoteName, THREAD_FORMAT } from "@threadstore/core/documents";
import { InterchangeError } from "../interchange-error.ts";
import { getMember, getText, type JsonNode, type ObjectNode, shallowValue } from "../json/node.ts";
import { isReferenceOnly } from "./messages-elsewhere.ts";
import { type AgentFrameworkShape, LINES_TYPE } from "./shape.ts";

export type RecognizedShape = AgentFrameworkShape | "threadstore";

type Marker = readonly [shape: RecognizedShape, matches: (root: ObjectNode) => boolean];

const hasMember =
  (...names: readonly string[]) =>
  (root: ObjectNode): boolean =>
    names.some((name) => getMember(root, name) !== undefined);

const MARKERS: readonly Marker[] = [
  ["threadstore", (root) => getText(root, "format") === THREAD_FORMAT],
  ["python-session", (root) => getText(root, "type") === "session"],
  ["python-thread", (root) => getText(root, "type") === "agent_thread_state"],
  ["python-history", (root) => getText(root, "type") === LINES_TYPE],
  ["csharp-session", (root) => hasMember("stateBag")(root) || isReferenceOnly(root)],
  ["csharp-thread-renamed", hasMember("chatHistoryProviderState")],
  ["csharp-thread", hasMember("storeState")],
];

// Both older shapes of C# have these members. On their own, they indicate the first shape, which was in use longer.
const hasCommonMember = hasMember("conversationId", "aiContextProviderState");

const REQUIREMENT =
  "a thread of Agent Framework, with storeState, chatHistoryProviderState, stateBag or conversationId (C#), or with " +
  'type "agent_thread_state" or "session" (Python)';

/** Recognizes the shape of a thread. Throws `SHAPE_UNKNOWN` with a description of the value. */
export function recognizeShape(root: JsonNode): { shape: RecognizedShape; root: ObjectNode } {
  if (root.type !== "object") throw unknownShape(`It is ${kindOf(shallowValue(root))}.`);
  const shapes = MARKERS.filter(([, matches]) => matches(root)).map(([shape]) => shape);
  const [shape] = shapes;
  if (shapes.length > 1) throw unknownShape(`It has members of several shapes (${shapes.join(", ")}).`);
  if (shape !== undefined) return { shape, root };
  if (hasCommonMember(root)) return { shape: "csharp-thread", root };
  throw unknownShape(describeRoot(root));
}

/** Recognizes a thread that Agent Framework wrote. Throws `SHAPE_UNKNOWN` for one in this project's format. */
export function requireAgentFramework(root: JsonNode): { shape: AgentFrameworkShape; root: ObjectNode } {
  const recognized = recognizeShape(root);
  const { shape } = recognized;
  if (shape !== "threadstore") return { shape, root: recognized.root };
  const message =
    "`$` is a thread in this project's format. Pass it to an agent's deserializeThread, or to checkThread and repairThread of @threadstore/openai.";
  throw new InterchangeError("SHAPE_UNKNOWN", message, { path: "$" });
}

function describeRoot(root: ObjectNode): string {
  if (root.members.length === 0) {
    return "It is an empty object, which may be an unused C# thread. Start a new thread.";
  }
  const type = getText(root, "type");
  if (type !== undefined) return `It has type ${quoteName(type)}.`;
  if (getMember(root, "thread") !== undefined && getMember(root, "json") !== undefined) {
    return "It is a stored thread. Pass its `thread` member.";
  }
  // Only names that look like identifiers: others may be data.
  const names = root.members.map(([name]) => name).filter((name) => /^[A-Za-z_$][\w$]{0,39}$/.test(name));
  return names.length === 0
    ? "It is an object with other members."
    : `It is an object with the members ${names.slice(0, 8).join(", ")}.`;
}

function unknownShape(description: string): InterchangeError {
  return new InterchangeError("SHAPE_UNKNOWN", `\`$\` must be ${REQUIREMENT}. ${description}`, { path: "$" });
}
