import { readJson } from "../json/from-value.ts";
import { getText, isBlank, getMember, type ObjectNode } from "../json/node.ts";
import { findHistory, type History } from "./history.ts";
import { recognizeShape, type RecognizedShape } from "./recognize.ts";
import { layouts, type AgentFrameworkShape } from "./shape.ts";

/**
 * Where the messages of a thread are: in it, with the service (the thread has only an id), in another store
 * (the thread has only that store's state), or nowhere, as the thread was never used.
 */
export type MessagesAt = "thread" | "service" | "store" | "none";

export interface DetectedShape {
  /** `threadstore` for a thread in this project's own format. */
  readonly shape: RecognizedShape;
  readonly messagesAt: MessagesAt;
}

/**
 * Finds out by itself in which shape a thread is. Takes JSON text or what was parsed from it.
 *
 * Throws `SHAPE_UNKNOWN`, or `THREAD_INVALID` where the text is no JSON or the place of the messages is damaged.
 */
export function detectShape(value: object | string): DetectedShape {
  const { shape, root } = recognizeShape(readJson(value));
  if (shape === "threadstore") {
    return { shape, messagesAt: isBlank(getMember(root, "messages")) ? "none" : "thread" };
  }
  return { shape, messagesAt: locateMessages(root, shape, findHistory(root, shape)) };
}

export function locateMessages(root: ObjectNode, shape: AgentFrameworkShape, history: History): MessagesAt {
  if (history.messages !== undefined && history.messages.length > 0) return "thread";
  if (readServiceId(root, shape) !== undefined) return "service";
  const { container, historyKey } = layouts[shape];
  const isElsewhere = historyKey === undefined && history.messages === undefined;
  return isElsewhere && !isBlank(getMember(root, container)) ? "store" : "none";
}

// C# sets this id when the agent's own process keeps the history: there is no such conversation.
const localHistoryId = "_agent_local_chat_history";

/** The id of the conversation that the service keeps, if there is one. */
export function readServiceId(root: ObjectNode, shape: AgentFrameworkShape): string | undefined {
  const id = getText(root, layouts[shape].serviceId);
  return id === undefined || id === "" || id === localHistoryId ? undefined : id;
}
