import { InterchangeError, quoteName } from "../interchange-error.ts";
import { describeNode, getMember, getText, type JsonNode, type ObjectNode } from "../json/node.ts";
import type { AgentFrameworkShape } from "./shape.ts";

export type RecognizedShape = AgentFrameworkShape | "threadstore";

type Mark = readonly [shape: RecognizedShape, isThere: (root: ObjectNode) => boolean];

const has =
  (...names: readonly string[]) =>
  (root: ObjectNode): boolean =>
    names.some((name) => getMember(root, name) !== undefined);

const marks: readonly Mark[] = [
  ["threadstore", (root) => getText(root, "format") === "threadstore.thread"],
  ["python-session", (root) => getText(root, "type") === "session"],
  ["python-thread", (root) => getText(root, "type") === "agent_thread_state"],
  ["csharp-session", has("stateBag")],
  ["csharp-thread-renamed", has("chatHistoryProviderState")],
  ["csharp-thread", has("storeState")],
];

// What both older shapes of C# have; alone it is taken for the first one, which lived longer.
const loneMarks = has("conversationId", "aiContextProviderState");

const expectation =
  "a thread of Agent Framework: storeState, chatHistoryProviderState, stateBag or conversationId (C#), or " +
  'type "agent_thread_state" or "session" (Python)';

/** Finds out which shape a thread has. Throws `SHAPE_UNKNOWN`, which says what was found instead. */
export function recognizeShape(root: JsonNode): { shape: RecognizedShape; root: ObjectNode } {
  if (root.type !== "object") throw unknown(describeNode(root));
  const shapes = marks.filter(([, isThere]) => isThere(root)).map(([shape]) => shape);
  const [shape] = shapes;
  if (shapes.length > 1) throw unknown(`the marks of several shapes (${shapes.join(", ")})`);
  if (shape !== undefined) return { shape, root };
  if (loneMarks(root)) return { shape: "csharp-thread", root };
  throw unknown(describeRoot(root));
}

/** The same, of a thread that Agent Framework wrote. Throws `SHAPE_UNKNOWN` for one of this project's own. */
export function requireAgentFramework(root: JsonNode): { shape: AgentFrameworkShape; root: ObjectNode } {
  const found = recognizeShape(root);
  const { shape } = found;
  if (shape !== "threadstore") return { shape, root: found.root };
  const message =
    "$: this is a thread of this project's own format: pass it to an agent's deserializeThread, or to checkThread and repairThread of @threadstore/openai.";
  throw new InterchangeError("SHAPE_UNKNOWN", message, { path: "$" });
}

function describeRoot(root: ObjectNode): string {
  if (root.members.length === 0) {
    return "an empty object, which is nothing, or a C# thread that was never used: begin a new one";
  }
  const type = getText(root, "type");
  if (type !== undefined) return `type ${quoteName(type)}`;
  if (getMember(root, "thread") !== undefined && getMember(root, "json") !== undefined) {
    return "what a store hands out around a thread: pass its `thread` member";
  }
  // Only what looks like a name in a program: other names may be somebody's data.
  const names = root.members.map(([name]) => name).filter((name) => /^[A-Za-z_$][\w$]{0,39}$/.test(name));
  return `an object with ${names.length === 0 ? "no such member" : names.slice(0, 8).join(", ")}`;
}

function unknown(found: string): InterchangeError {
  return new InterchangeError("SHAPE_UNKNOWN", `$: expected ${expectation}, found ${found}.`, { path: "$" });
}
