import {
  AgentError,
  type CheckOptions,
  type Finding,
  type RepairChange,
  type RepairPolicy,
} from "@threadstore/agent";
import { validateCheckOptions } from "@threadstore/agent/provider";
import { checkName, InterchangeError } from "../interchange-error.ts";
import type { ObjectNode } from "../json/node.ts";
import { findHistory, type History, withMessages } from "../shapes/history.ts";
import { printDocument, readDocument } from "../shapes/read-document.ts";
import type { AgentFrameworkShape } from "../shapes/shape.ts";
import { type RepairedMessages, repairMessages } from "./repair-messages.ts";

export interface AgentFrameworkCheckOptions extends Pick<CheckOptions, "openTurn" | "strictOrder" | "tools"> {
  /**
   * The application's name of the history provider, in shapes with several providers. Only needed if several of
   * them have messages and none has the default name.
   */
  readonly historyKey?: string | undefined;
}

/** A repaired thread of Agent Framework. */
export interface RepairedAgentFrameworkThread {
  /**
   * The thread as JSON text in its original shape. Parts that were not repaired are unchanged except for white
   * space.
   */
  readonly text: string;
  readonly shape: AgentFrameworkShape;
  /** The changes in order, with paths in the original thread. Empty if nothing had to be repaired. */
  readonly changes: readonly RepairChange[];
}

/**
 * Finds the known faults because of which providers, or Agent Framework itself, reject a thread that Agent Framework
 * wrote, in any shape: calls and results that do not fit together, duplicates, malformed contents and arguments, and
 * members that its languages cannot read. Paths refer to its JSON. Returns an empty array if there are none.
 *
 * Throws `SHAPE_UNKNOWN`, `INVALID_ARGUMENT`, or `THREAD_INVALID` if it is not a thread that can be repaired.
 */
export function checkAgentFrameworkThread(
  value: object | string,
  options: AgentFrameworkCheckOptions = {},
): Finding[] {
  const { repaired, history } = repair(value, "synthesize", options);
  const position = (path: string): number =>
    Number(/^\[(\d+)\]/.exec(path.slice(history.path.length))?.[1] ?? 0);
  return repaired.findings.toSorted((left, right) => position(left.path) - position(right.path));
}

/**
 * Repairs everything that {@link checkAgentFrameworkThread} finds, and returns the changes. A second repair changes
 * nothing. Pass text and store the returned text: see `readAgentFrameworkThread`.
 *
 * Throws like the check, and `THREAD_INVALID` with the path if the policy is to stop.
 */
export function repairAgentFrameworkThread(
  value: object | string,
  policy: RepairPolicy,
  options: AgentFrameworkCheckOptions = {},
): RepairedAgentFrameworkThread {
  const { root, shape, history, repaired } = repair(value, policy, options);
  const { changes, messages } = repaired;
  const repairedRoot = changes.length === 0 ? root : withMessages(root, shape, history.key, messages);
  return { text: printDocument(repairedRoot ?? root, shape), shape, changes };
}

interface Repair {
  readonly root: ObjectNode;
  readonly shape: AgentFrameworkShape;
  readonly history: History;
  readonly repaired: RepairedMessages;
}

function repair(value: object | string, policy: RepairPolicy, options: AgentFrameworkCheckOptions): Repair {
  checkName(options.historyKey, "historyKey");
  checkOptions(options);
  const { shape, root } = readDocument(value);
  const history = findHistory(root, shape, options.historyKey);
  const task = { messages: history.messages ?? [], path: history.path, shape };
  const { openTurn, strictOrder, tools } = options;
  const repaired = repairMessages(task, policy, { openTurn, strictOrder, tools });
  return { root, shape, history, repaired };
}

/** Validates the options before the thread is read. Throws `INVALID_ARGUMENT`, also for a thread that is invalid. */
function checkOptions(options: AgentFrameworkCheckOptions): void {
  try {
    validateCheckOptions(options);
  } catch (error) {
    if (!AgentError.is(error, "INVALID_ARGUMENT")) throw error;
    throw new InterchangeError("INVALID_ARGUMENT", error.message, { path: error.path });
  }
}
