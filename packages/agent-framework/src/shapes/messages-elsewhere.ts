import { memberPath } from "@threadstore/core/documents";
import { getMember, getText, isBlank, type JsonNode, type ObjectNode } from "../json/node.ts";
import type { History } from "./history.ts";
import { type AgentFrameworkShape, LAYOUTS } from "./shape.ts";

/** What keeps the messages of a session. `other-store`: a history provider that this package does not know. */
export type MessageKeeper =
  | "a2a"
  | "copilot-studio"
  | "cosmos"
  | "durable"
  | "file"
  | "github-copilot"
  | "other-store"
  | "redis"
  | "service"
  | "valkey";

const STORES: readonly MessageKeeper[] = ["cosmos", "file", "other-store", "redis", "valkey"];

/** Returns whether a store keeps the messages, and not a service that also answers. */
export function isReferenceKeeper(keeper: MessageKeeper): boolean {
  return STORES.includes(keeper);
}

/** The place in which the messages of a session are, if the session does not contain them. */
export interface MessagesElsewhere {
  readonly keeper: MessageKeeper;
  /** The location of the reference in the session. */
  readonly path: string;
  /** What identifies the messages there, by the names that the session has for it. */
  readonly ids: { readonly [name: string]: string };
}

/** The kinds of sessions of C#, by a member that only they have. */
const CSHARP_SESSIONS: readonly (readonly [keeper: MessageKeeper, members: readonly string[]])[] = [
  ["a2a", ["contextId", "taskId"]],
  ["copilot-studio", ["serviceSessionId"]],
  ["github-copilot", ["sessionId"]],
];

/** Members that a session of C# may have besides. */
const OTHER_MEMBERS: readonly string[] = ["taskState"];

const PYTHON_A2A_MEMBERS: readonly string[] = ["a2a_context_id", "a2a_task_id"];

const DURABLE_PREFIX = "@dafx-";

/** The names under which history providers keep their state, of both languages. */
const PROVIDERS: readonly (readonly [name: string, keeper: MessageKeeper])[] = [
  ["CosmosChatHistoryProvider", "cosmos"],
  ["ValkeyChatHistoryProvider", "valkey"],
  ["azure_cosmos_history", "cosmos"],
  ["redis_memory", "redis"],
  ["file_history", "file"],
];

/**
 * Returns whether a root without a state bag is a session of C# all the same: durable sessions, and those of remote
 * agents, consist only of what identifies the conversation.
 */
export function isReferenceOnly({ members }: ObjectNode): boolean {
  return CSHARP_SESSIONS.some(
    ([, names]) =>
      members.some(([name, value]) => names.includes(name) && value.type === "string") &&
      members.every(([name]) => names.includes(name) || OTHER_MEMBERS.includes(name)),
  );
}

/** Finds what keeps the messages of a session, or returns `undefined` if the session itself would. */
export function findMessagesElsewhere(
  root: ObjectNode,
  shape: AgentFrameworkShape,
  history: History,
): MessagesElsewhere | undefined {
  // With a list of messages in the session, other history providers only keep copies.
  const provider = history.messages === undefined ? findProvider(root, shape) : undefined;
  if (shape === "csharp-session") return findCsharpSession(root) ?? provider;
  if (shape !== "python-session") return undefined;
  const service = getMember(root, LAYOUTS[shape].serviceId);
  if (service?.type !== "object" || isBlank(service)) return findPythonA2a(root) ?? provider;
  const keeper = getMember(service, "context_id") === undefined ? "service" : "a2a";
  return { keeper, path: `$.${LAYOUTS[shape].serviceId}`, ids: readIds(service) };
}

/** The deprecated session of A2A agents in Python has the ids next to the members of every session. */
function findPythonA2a(root: ObjectNode): MessagesElsewhere | undefined {
  const ids = readIds(root, PYTHON_A2A_MEMBERS);
  const [name] = Object.keys(ids);
  return name === undefined ? undefined : { keeper: "a2a", path: `$.${name}`, ids };
}

function findCsharpSession(root: ObjectNode): MessagesElsewhere | undefined {
  for (const [keeper, names] of CSHARP_SESSIONS) {
    const ids = readIds(root, names);
    const [name] = Object.keys(ids);
    if (name === undefined || isWorkflow(root)) continue;
    const isDurable = ids["sessionId"]?.startsWith(DURABLE_PREFIX) === true;
    return { keeper: isDurable ? "durable" : keeper, path: `$.${name}`, ids };
  }
  return undefined;
}

/** The session of a workflow has an id and its messages. The other members are empty until it runs. */
function isWorkflow(root: ObjectNode): boolean {
  return ["checkpointManager", "lastCheckpoint", "pendingRequests"].some(
    (name) => getMember(root, name) !== undefined,
  );
}

function findProvider(root: ObjectNode, shape: AgentFrameworkShape): MessagesElsewhere | undefined {
  const { container, historyKey } = LAYOUTS[shape];
  if (historyKey === undefined) return undefined;
  const states = getMember(root, container);
  if (states?.type !== "object") return undefined;
  for (const [name, state] of states.members) {
    if (name === historyKey) continue;
    const known = PROVIDERS.find(([provider]) => provider === name)?.[1];
    const keeper = known ?? (name.endsWith("HistoryProvider") ? "other-store" : undefined);
    if (keeper === undefined || getMember(state, "messages") !== undefined) continue;
    // The providers of Python keep no state: the session's id identifies the messages.
    const ids = shape === "python-session" ? readIds(root, ["session_id"]) : readIds(state);
    return { keeper, path: memberPath(`$.${container}`, name), ids };
  }
  return undefined;
}

function readIds(node: JsonNode, names?: readonly string[]): { readonly [name: string]: string } {
  if (node.type === "string" && node.value !== "") return { id: node.value };
  if (node.type !== "object") return {};
  return Object.fromEntries(
    node.members.flatMap(([name, value]) => {
      if (names !== undefined && !names.includes(name)) return [];
      const id = value.type === "number" ? value.text : getText(node, name);
      return id === undefined || id === "" ? [] : [[name, id] as const];
    }),
  );
}
