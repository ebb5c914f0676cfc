import type { CheckOptions, Damage, RepairPolicy, ThreadChange } from "@threadstore/agent";
import { checkName } from "../interchange-error.ts";
import { readJson } from "../json/from-value.ts";
import { printNode, type ObjectNode } from "../json/node.ts";
import { findHistory, withMessages, type History } from "../shapes/history.ts";
import { requireAgentFramework } from "../shapes/recognize.ts";
import type { AgentFrameworkShape } from "../shapes/shape.ts";
import { mendMessages, type MendedMessages } from "./mend.ts";

export interface AgentFrameworkCheckOptions extends CheckOptions {
  /**
   * What the application calls its history provider, in the shapes with several providers. Needed only where
   * several keep messages and none has the usual name.
   */
  readonly historyKey?: string | undefined;
}

/** A thread of Agent Framework that was mended. */
export interface RepairedAgentFrameworkThread {
  /**
   * The thread as JSON text, in the shape that it came in. What was not mended is equal JSON, the order of members
   * and the writing of numbers included.
   */
  readonly text: string;
  readonly shape: AgentFrameworkShape;
  /** What was done, in order, with paths in the thread as it came; empty when nothing was wrong. */
  readonly changes: readonly ThreadChange[];
}

/**
 * Finds what is wrong with a thread that Agent Framework wrote, in whichever shape: all for which providers, or Agent
 * Framework itself, refuse it. Paths are those of its own JSON. Empty when nothing is.
 *
 * Throws `SHAPE_UNKNOWN`, `INVALID_ARGUMENT`, or `THREAD_INVALID` for what is no thread that could be mended.
 */
export function checkAgentFrameworkThread(
  value: object | string,
  options: AgentFrameworkCheckOptions = {},
): Damage[] {
  const { mended, history } = mend(value, "synthesize", options);
  const position = (path: string): number =>
    Number(/^\[(\d+)\]/.exec(path.slice(history.path.length))?.[1] ?? 0);
  return mended.damages.toSorted((left, right) => position(left.path) - position(right.path));
}

/**
 * Mends what {@link checkAgentFrameworkThread} finds, and tells all that it did. A second repair changes nothing.
 * Pass text and write text: see `readAgentFrameworkThread`.
 *
 * Throws as the check does, and `THREAD_INVALID` with the path where the policy says to stop.
 */
export function repairAgentFrameworkThread(
  value: object | string,
  policy: RepairPolicy,
  options: AgentFrameworkCheckOptions = {},
): RepairedAgentFrameworkThread {
  const { root, shape, history, mended } = mend(value, policy, options);
  const { changes, messages } = mended;
  const repaired = changes.length === 0 ? root : withMessages(root, shape, history.key, messages);
  return { text: printNode(repaired ?? root), shape, changes };
}

interface Mended {
  readonly root: ObjectNode;
  readonly shape: AgentFrameworkShape;
  readonly history: History;
  readonly mended: MendedMessages;
}

function mend(value: object | string, policy: RepairPolicy, options: AgentFrameworkCheckOptions): Mended {
  checkName(options.historyKey, "historyKey");
  const { shape, root } = requireAgentFramework(readJson(value));
  const history = findHistory(root, shape, options.historyKey);
  const task = { messages: history.messages ?? [], path: history.path, shape };
  return { root, shape, history, mended: mendMessages(task, policy, options) };
}
