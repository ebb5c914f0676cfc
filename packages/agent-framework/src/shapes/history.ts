import { memberPath, quoteName } from "@threadstore/core/documents";
import { invalidThread } from "../interchange-error.ts";
import { invalidNode } from "../json/invalid-node.ts";
import {
  arrayNode,
  getMember,
  type JsonNode,
  objectNode,
  type ObjectNode,
  setMember,
  stringNode,
} from "../json/node.ts";
import { type AgentFrameworkShape, LAYOUTS } from "./shape.ts";

/** The messages of a thread and their location. */
export interface History {
  /** The key of the history among the states of providers, or `undefined` in shapes that have only one. */
  readonly key: string | undefined;
  /** The path of the list of messages. */
  readonly path: string;
  /** The messages, or `undefined` if the thread does not have a list of messages. */
  readonly messages: readonly JsonNode[] | undefined;
}

/** Finds the messages of a thread. Throws `THREAD_INVALID` if the history is ambiguous. */
export function findHistory(root: ObjectNode, shape: AgentFrameworkShape, requestedKey?: string): History {
  const { container: name, historyKey } = LAYOUTS[shape];
  const container = getMember(root, name);
  const containerPath = memberPath("$", name);
  if (shape === "python-history") {
    const lines = container?.type === "array" ? container.items : [];
    return { key: undefined, path: "$", messages: lines };
  }
  if (historyKey === undefined) return readHistory(container, undefined, containerPath);
  if (container !== undefined && container.type !== "object" && container.type !== "null") {
    throw invalidNode(containerPath, "an object with the states of providers", container);
  }
  const key = findKey(container, requestedKey ?? historyKey, containerPath, requestedKey === undefined);
  return readHistory(getMember(container, key), key, memberPath(containerPath, key));
}

function readHistory(state: JsonNode | undefined, key: string | undefined, statePath: string): History {
  const list = getMember(state, "messages");
  const path = `${statePath}.messages`;
  // A custom store keeps arbitrary state here, such as an id.
  if (list === undefined || list.type === "null") return { key, path, messages: undefined };
  if (list.type !== "array") throw invalidNode(path, "an array of messages", list);
  return { key, path, messages: list.items };
}

// An application can give its history provider any name.
function findKey(container: JsonNode | undefined, key: string, path: string, mayGuess: boolean): string {
  if (container?.type !== "object" || getMember(container, key) !== undefined) return key;
  const keys = container.members
    .filter(([, state]) => getMember(state, "messages")?.type === "array")
    .map(([name]) => name);
  const [onlyKey] = keys;
  if (onlyKey === undefined || (mayGuess && keys.length === 1)) return onlyKey ?? key;
  throw invalidThread(
    path,
    `\`${path}\` has several providers with messages (${keys.slice(0, 8).map(quoteName).join(", ")}), none of which is ${quoteName(key)}. Pass the name of the history provider as \`historyKey\`.`,
  );
}

/**
 * Returns the thread with other messages. A list of messages is only created if there are messages. Returns
 * `undefined` if the thread has the state of a custom store, which cannot hold messages.
 */
export function withMessages(
  root: ObjectNode,
  shape: AgentFrameworkShape,
  key: string | undefined,
  messages: readonly JsonNode[],
): ObjectNode | undefined {
  const { container: name } = LAYOUTS[shape];
  if (shape === "python-history") return setMember(root, name, arrayNode(messages));
  const container = getMember(root, name);
  const history = key === undefined ? container : getMember(container, key);
  const list = getMember(history, "messages");
  if ((list === undefined || list.type === "null") && messages.length === 0) return root;
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
