import { serverLabel } from "../content/approved-call.ts";
import { type Content, fieldText } from "../content/content.ts";
import { type JsonNode, printNode } from "../json/node.ts";
import type { Message } from "./message.ts";

/** A request for approval of a function call, or a response to one. */
export interface Approval {
  readonly content: Content;
  /** The position of its message. */
  readonly index: number;
  readonly id: string;
  readonly callId: string;
  /** Whether the conversation continued after it. */
  readonly isPast: boolean;
  /** What follows it: the call's result, or the call itself, which C# repeats before it runs it. */
  readonly resolvedBy: "call" | "result" | undefined;
}

/** Facts about the calls of a conversation that follow from the messages around them. */
export interface CallFacts {
  readonly requests: readonly Approval[];
  readonly responses: readonly Approval[];
  /** The ids of calls that are content items of a message, not only part of a request. */
  readonly calls: Set<string>;
  /** The token usage of the last responses. */
  readonly usages: readonly JsonNode[];
  /** The ids of calls of the last response that have no result. */
  readonly openCalls: ReadonlySet<string>;
  /** The paths of calls that are shown but not run, and have no result. */
  readonly unansweredNotes: ReadonlySet<string>;
}

/** The results and calls that follow a position. Servers may use the id of a call again. */
interface Following {
  readonly results: Set<string>;
  readonly calls: Set<string>;
  isPast: boolean;
}

export function findCallFacts(messages: readonly Message[]): CallFacts {
  const requests: Approval[] = [];
  const responses: Approval[] = [];
  const calls = new Set<string>();
  const usages: JsonNode[] = [];
  const openCalls = new Set<string>();
  const unansweredNotes = new Set<string>();
  const following: Following = { results: new Set(), calls: new Set(), isPast: false };
  for (const [index, message] of [...messages.entries()].toReversed()) {
    if (message.isExcluded) continue;
    const approvals = message.contents.filter(isFunctionApproval);
    for (const content of approvals.toReversed()) {
      const approval = newApproval(content, index, following);
      (content.kind === "approvalRequest" ? requests : responses).push(approval);
    }
    for (const content of message.contents.toReversed()) {
      const callId = fieldText(content, "callId") ?? "";
      const { details } = content.fields;
      if (content.kind === "usage" && details !== undefined && !following.isPast) usages.push(details);
      if (content.kind === "result") following.results.add(callId);
      if (content.kind !== "call") continue;
      calls.add(callId);
      following.calls.add(callId);
      const hasResult = following.results.delete(callId);
      if (hasResult) continue;
      if (isTrue(content, "informationalOnly")) unansweredNotes.add(content.path);
      else if (!following.isPast) openCalls.add(callId);
    }
    following.isPast ||= continues(message);
  }
  return {
    requests: requests.toReversed(),
    responses: responses.toReversed(),
    calls,
    usages,
    openCalls,
    unansweredNotes,
  };
}

function newApproval(content: Content, index: number, following: Following): Approval {
  const id = fieldText(content, "id") ?? "";
  const callId = content.call === undefined ? "" : (fieldText(content.call, "callId") ?? "");
  const resolvedBy = following.results.has(callId)
    ? "result"
    : following.calls.has(callId)
      ? "call"
      : undefined;
  return { content, index, id, callId, isPast: following.isPast, resolvedBy };
}

/** Returns whether a content item is about a function. Approvals of a service's tools are answered by that service. */
function isFunctionApproval({ kind, call }: Content): boolean {
  if (kind !== "approvalRequest" && kind !== "approvalResponse") return false;
  return call?.kind === "call" && serverLabel(call) === undefined;
}

export function isTrue(content: Content, name: "approved" | "informationalOnly"): boolean {
  const value = content.fields[name];
  return value !== undefined && printNode(value) === "true";
}

/** Returns whether a message continues the conversation after the calls before it, other than by answering them. */
function continues({ role, contents }: Message): boolean {
  const kinds = contents.map(({ kind }) => kind);
  if (role === "assistant") {
    const speaks = kinds.some((kind) => kind === "text" || kind === "error");
    return speaks && !kinds.includes("call") && !kinds.includes("approvalRequest");
  }
  return role !== "tool" && kinds.some((kind) => kind !== "result" && kind !== "approvalResponse");
}
