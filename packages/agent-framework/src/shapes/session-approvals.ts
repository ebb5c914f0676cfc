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
import { type AgentFrameworkShape, LAYOUTS } from "./shape.ts";

/**
 * Records about approvals in a session, besides its messages: calls that need none and run together with the approved
 * ones, and decisions that were collected before the last request was answered.
 */
export interface SessionApprovals {
  readonly decisions: ReadonlyMap<string, "approved" | "denied">;
}

/** The names of the records in a language. */
interface Names {
  /** The key of the records among the states of providers. */
  readonly state: string;
  /** The requests that are shown one after the other. */
  readonly queued: string;
  readonly collected: string;
  /** Lists of requests that need no approval. Only in Python. */
  readonly groups: string;
  /** The requests that were shown, by their ids. Only in C#. */
  readonly surfaced: string;
  readonly call: string;
  readonly callId: string;
}

const NAMES: { readonly [shape in AgentFrameworkShape]?: Names } = {
  "csharp-session": {
    state: "toolApprovalState",
    queued: "queuedApprovalRequests",
    collected: "collectedApprovalResponses",
    groups: "",
    surfaced: "surfacedApprovalRequests",
    call: "toolCall",
    callId: "callId",
  },
  "python-session": {
    state: "tool_approval",
    queued: "queued_approval_requests",
    collected: "collected_approval_responses",
    groups: "already_approved_approval_request_groups",
    surfaced: "",
    call: "function_call",
    callId: "call_id",
  },
};

/**
 * Returns whether a state of a provider consists of records about calls that wait, and not also of rules for later
 * calls.
 */
export function isPendingApprovals(path: string, state: JsonNode, shape: AgentFrameworkShape): boolean {
  const names = NAMES[shape];
  if (names === undefined || path !== `$.${LAYOUTS[shape].container}.${names.state}`) return false;
  const records = [names.queued, names.collected, names.groups, names.surfaced, "type"];
  return (
    state.type === "object" &&
    state.members.every(([name, value]) => records.includes(name) || isBlank(value))
  );
}

export function readSessionApprovals(root: ObjectNode, shape: AgentFrameworkShape): SessionApprovals {
  const decisions = new Map<string, "approved" | "denied">();
  const names = NAMES[shape];
  const state = findState(root, shape, names);
  if (names === undefined || state === undefined) return { decisions };
  for (const group of listItems(getMember(state, names.groups))) {
    for (const request of listItems(getMember(group, "approval_requests"))) {
      const id = callIdOf(request, names);
      if (id !== undefined) decisions.set(id, "approved");
    }
  }
  for (const response of listItems(getMember(state, names.collected))) {
    const id = callIdOf(response, names);
    const approved = getMember(response, "approved");
    if (id === undefined || approved?.type !== "boolean") continue;
    decisions.set(id, approved.text === "true" ? "approved" : "denied");
  }
  return { decisions };
}

/**
 * Removes the records about calls that do not wait any more. Otherwise, Agent Framework would ask for them again, or run
 * a call when a server uses its id again. Returns the same root if there are none.
 */
export function removeSessionApprovals(
  root: ObjectNode,
  shape: AgentFrameworkShape,
  isOpen: (callId: string) => boolean,
): ObjectNode {
  const names = NAMES[shape];
  const state = findState(root, shape, names);
  if (names === undefined || state === undefined) return root;
  const keep = (approval: JsonNode): boolean => {
    const id = callIdOf(approval, names);
    return id === undefined || isOpen(id);
  };
  const keepGroup = (group: JsonNode): boolean => {
    const requests = listItems(getMember(group, "approval_requests"));
    return requests.length === 0 || requests.some(keep);
  };
  let changed = filterMember(state, names.queued, keep);
  changed = filterMember(changed, names.collected, keep);
  changed = filterMember(changed, names.groups, keepGroup);
  changed = filterMember(changed, names.surfaced, keep);
  const { container } = LAYOUTS[shape];
  const states = getMember(root, container);
  if (printNode(changed) === printNode(state) || states?.type !== "object") return root;
  return setMember(root, container, setMember(states, names.state, changed));
}

/** Returns the object with a list, or an object, without the values that are not to be kept. */
function filterMember(node: ObjectNode, name: string, keep: (value: JsonNode) => boolean): ObjectNode {
  const value = getMember(node, name);
  if (value?.type === "array") return setMember(node, name, arrayNode(value.items.filter(keep)));
  if (value?.type !== "object") return node;
  return setMember(node, name, {
    type: "object",
    members: value.members.filter(([, member]) => keep(member)),
  });
}

function findState(
  root: ObjectNode,
  shape: AgentFrameworkShape,
  names: Names | undefined,
): ObjectNode | undefined {
  if (names === undefined) return undefined;
  const state = getMember(getMember(root, LAYOUTS[shape].container), names.state);
  return state?.type === "object" ? state : undefined;
}

function listItems(list: JsonNode | undefined): readonly JsonNode[] {
  return list?.type === "array" ? list.items : [];
}

function callIdOf(approval: JsonNode, { call, callId }: Names): string | undefined {
  return getText(getMember(approval, call), callId);
}
