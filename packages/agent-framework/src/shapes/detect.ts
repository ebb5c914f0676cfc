import { getMember, getText, isBlank, type ObjectNode } from "../json/node.ts";
import { findHistory, type History } from "./history.ts";
import { findMessagesElsewhere, isReferenceKeeper, type MessagesElsewhere } from "./messages-elsewhere.ts";
import { parseDocument } from "./read-document.ts";
import { recognizeShape, type RecognizedShape } from "./recognize.ts";
import { type AgentFrameworkShape, LAYOUTS } from "./shape.ts";

/**
 * The location of a thread's messages:
 *
 * - `thread`: in the thread.
 * - `service`: in a service. The thread only has the conversation's id.
 * - `store`: in another store. The thread only has that store's state.
 * - `none`: there are none, because the thread was never used.
 */
export type MessagesAt = "thread" | "service" | "store" | "none";

export interface DetectedShape {
  /** The shape, or `threadstore` for a thread in this project's format. */
  readonly shape: RecognizedShape;
  readonly messagesAt: MessagesAt;
  /** What keeps the messages and how to find them there. Absent unless the session says so. */
  readonly elsewhere?: MessagesElsewhere;
}

/**
 * Detects the shape of a thread, which is JSON text or the value parsed from it.
 *
 * Throws `SHAPE_UNKNOWN`, or `THREAD_INVALID` if the text is not JSON or the list of messages is corrupt.
 */
export function detectShape(value: object | string): DetectedShape {
  const { shape, root } = recognizeShape(parseDocument(value));
  if (shape === "threadstore") {
    if (!isBlank(getMember(root, "messages"))) return { shape, messagesAt: "thread" };
    return { shape, messagesAt: isBlank(getMember(root, "history")) ? "none" : "store" };
  }
  const history = findHistory(root, shape);
  const elsewhere = findMessagesElsewhere(root, shape, history);
  const messagesAt = locateMessages(root, shape, history);
  return { shape, messagesAt, ...(elsewhere === undefined ? {} : { elsewhere }) };
}

export function locateMessages(root: ObjectNode, shape: AgentFrameworkShape, history: History): MessagesAt {
  if (history.messages !== undefined && history.messages.length > 0) return "thread";
  if (readServiceId(root, shape) !== undefined) return "service";
  const elsewhere = findMessagesElsewhere(root, shape, history);
  if (elsewhere !== undefined) return isReferenceKeeper(elsewhere.keeper) ? "store" : "service";
  const { container, historyKey } = LAYOUTS[shape];
  const isElsewhere = historyKey === undefined && history.messages === undefined;
  return isElsewhere && !isBlank(getMember(root, container)) ? "store" : "none";
}

// C# writes this id if the agent's process keeps the history itself.
const LOCAL_HISTORY_ID = "_agent_local_chat_history";

/** Returns the id of the conversation that a service keeps, or `undefined` if there is none. */
export function readServiceId(root: ObjectNode, shape: AgentFrameworkShape): string | undefined {
  const id = getText(root, LAYOUTS[shape].serviceId);
  return id === undefined || id === "" || id === LOCAL_HISTORY_ID ? undefined : id;
}
