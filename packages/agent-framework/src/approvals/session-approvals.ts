import {
  arrayNode,
  getMember,
  getText,
  isBlank,
  type JsonNode,
  type ObjectNode,
  printNode,
  setMember,
} from "../json/node.ts";
import { type AgentFrameworkShape, LAYOUTS } from "../shapes/shape.ts";

/**
 * Records about approvals in a session of Python, besides its messages: calls that need none and run together with
 * the approved ones, and decisions that were collected before the last request was answered.
 */
export interface SessionApprovals {
  readonly decisions: ReadonlyMap<string, "approved" | "denied">;
}

const STATE_KEY = "tool_approval";
const GROUPS = "already_approved_approval_request_groups";
const QUEUED = "queued_approval_requests";
const COLLECTED = "collected_approval_responses";

/** The path of the records in a session. */
export const APPROVALS_PATH: string = `$.state.${STATE_KEY}`;

/** Returns whether records are only about calls that wait, and not also rules for later calls. */
export function hasOnlyPendingApprovals(state: JsonNode): boolean {
  if (state.type !== "object") return false;
  const names: readonly string[] = [GROUPS, QUEUED, COLLECTED, "type"];
  return state.members.every(([name, value]) => names.includes(name) || isBlank(value));
}

export function readSessionApprovals(root: ObjectNode, shape: AgentFrameworkShape): SessionApprovals {
  const decisions = new Map<string, "approved" | "denied">();
  const state = findState(root, shape);
  for (const group of listItems(getMember(state, GROUPS))) {
    for (const request of listItems(getMember(group, "approval_requests"))) {
      const id = callIdOf(request);
      if (id !== undefined) decisions.set(id, "approved");
    }
  }
  for (const response of listItems(getMember(state, COLLECTED))) {
    const id = callIdOf(response);
    const approved = getMember(response, "approved");
    if (id === undefined || approved?.type !== "boolean") continue;
    decisions.set(id, approved.text === "true" ? "approved" : "denied");
  }
  return { decisions };
}

/**
 * Removes the records about calls that do not wait any more. Otherwise, Python would run a call again when a server
 * uses its id again. Returns the same root if there are none.
 */
export function removeSessionApprovals(
  root: ObjectNode,
  shape: AgentFrameworkShape,
  isOpen: (callId: string) => boolean,
): ObjectNode {
  const state = findState(root, shape);
  if (state?.type !== "object") return root;
  const keep = (content: JsonNode): boolean => {
    const id = callIdOf(content);
    return id === undefined || isOpen(id);
  };
  let changed: ObjectNode = state;
  for (const name of [QUEUED, COLLECTED]) {
    const list = getMember(changed, name);
    if (list?.type === "array") changed = setMember(changed, name, arrayNode(list.items.filter(keep)));
  }
  const groups = getMember(changed, GROUPS);
  if (groups?.type === "array") {
    const remaining = groups.items.filter((group) => {
      const requests = listItems(getMember(group, "approval_requests"));
      return requests.length === 0 || requests.some(keep);
    });
    changed = setMember(changed, GROUPS, arrayNode(remaining));
  }
  if (printNode(changed) === printNode(state)) return root;
  const { container } = LAYOUTS[shape];
  const states = getMember(root, container);
  if (states?.type !== "object") return root;
  return setMember(root, container, setMember(states, STATE_KEY, changed));
}

function findState(root: ObjectNode, shape: AgentFrameworkShape): JsonNode | undefined {
  if (shape !== "python-session") return undefined;
  const state = getMember(getMember(root, LAYOUTS[shape].container), STATE_KEY);
  return isBlank(state) ? undefined : state;
}

function listItems(list: JsonNode | undefined): readonly JsonNode[] {
  return list?.type === "array" ? list.items : [];
}

function callIdOf(approval: JsonNode): string | undefined {
  return getText(getMember(approval, "function_call"), "call_id");
}
