import { InterchangeError, invalid, quoteName } from "../interchange-error.ts";
import {
  arrayNode,
  describeNode,
  getMember,
  memberPath,
  objectNode,
  setMember,
  stringNode,
  type JsonNode,
  type ObjectNode,
} from "../json/node.ts";
import { layouts, type AgentFrameworkShape } from "./shape.ts";

/** Where the messages of a thread are, and which. */
export interface History {
  /** The key of the history among the states of providers; `undefined` in shapes that have only one. */
  readonly key: string | undefined;
  /** The path of the list of messages. */
  readonly path: string;
  /** `undefined` when the thread has no list of messages. */
  readonly messages: readonly JsonNode[] | undefined;
}

/** Finds the messages of a thread. Throws `THREAD_INVALID` where several lists could be meant. */
export function findHistory(root: ObjectNode, shape: AgentFrameworkShape, wantedKey?: string): History {
  const { container: name, historyKey } = layouts[shape];
  const container = getMember(root, name);
  const containerPath = memberPath("$", name);
  if (historyKey === undefined) return readHistory(container, undefined, containerPath);
  if (container !== undefined && container.type !== "object" && container.type !== "null") {
    throw invalid(containerPath, "an object with the states of providers", describeNode(container));
  }
  const key = findKey(container, wantedKey ?? historyKey, containerPath, wantedKey === undefined);
  return readHistory(getMember(container, key), key, memberPath(containerPath, key));
}

function readHistory(state: JsonNode | undefined, key: string | undefined, statePath: string): History {
  const list = getMember(state, "messages");
  const path = `${statePath}.messages`;
  // A store that is not the built-in one keeps what it likes here, such as an id in text.
  if (list === undefined || list.type === "null") return { key, path, messages: undefined };
  if (list.type !== "array") throw invalid(path, "a list of messages", describeNode(list));
  return { key, path, messages: list.items };
}

// An application may give its history provider a name of its own.
function findKey(container: JsonNode | undefined, key: string, path: string, mayGuess: boolean): string {
  if (container?.type !== "object" || getMember(container, key) !== undefined) return key;
  const keys = container.members
    .filter(([, state]) => getMember(state, "messages")?.type === "array")
    .map(([name]) => name);
  const [onlyKey] = keys;
  if (onlyKey === undefined || (mayGuess && keys.length === 1)) return onlyKey ?? key;
  throw new InterchangeError(
    "THREAD_INVALID",
    `${path}: messages are kept by ${keys.slice(0, 8).map(quoteName).join(", ")}, and nothing is called ${quoteName(key)}. Say which is the history with the option historyKey.`,
    { path },
  );
}

/**
 * The thread with other messages. A thread without a list of messages gets one only if there are messages;
 * the result is `undefined` where its state of another store leaves no place for one.
 */
export function withMessages(
  root: ObjectNode,
  shape: AgentFrameworkShape,
  key: string | undefined,
  messages: readonly JsonNode[],
): ObjectNode | undefined {
  const { container: name } = layouts[shape];
  const container = getMember(root, name);
  const history = key === undefined ? container : getMember(container, key);
  if (getMember(history, "messages") === undefined && messages.length === 0) return root;
  const filled = fillHistory(history, shape, messages);
  if (filled === undefined) return undefined;
  if (key === undefined) return setMember(root, name, filled);
  return setMember(
    root,
    name,
    setMember(container?.type === "object" ? container : objectNode([]), key, filled),
  );
}

function fillHistory(
  history: JsonNode | undefined,
  shape: AgentFrameworkShape,
  messages: readonly JsonNode[],
): ObjectNode | undefined {
  const list = arrayNode(messages);
  if (history?.type === "object") return setMember(history, "messages", list);
  if (history !== undefined && history.type !== "null") return undefined;
  const type = shape === "python-thread" ? stringNode("chat_message_store_state") : undefined;
  return objectNode([
    ["type", type],
    ["messages", list],
  ]);
}
