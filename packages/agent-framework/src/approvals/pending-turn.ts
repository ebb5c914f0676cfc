import { textDigest } from "@threadstore/core/documents";
import type { ChatMessage } from "../chat/converted-message.ts";
import { fieldText } from "../content/content.ts";
import { type ChatUsage, toChatUsage } from "../content/usage.ts";
import { type JsonNode, printNode } from "../json/node.ts";
import { type Approval, type CallFacts, isTrue } from "../messages/call-facts.ts";
import type { SessionApprovals } from "../shapes/session-approvals.ts";

/** The state of a call in an open turn, as docs/thread-format.md specifies it. */
export type PendingCall = {
  callId: string;
  state: "approval-needed" | "approved" | "denied";
  reason?: string;
};

/** The open turn of a thread whose calls wait for approval, as docs/thread-format.md specifies it. */
export type PendingTurn = {
  id: string;
  start: number;
  input: number;
  rounds: number;
  usage?: ChatUsage;
  calls: PendingCall[];
};

/** Returns the requests whose calls have neither run nor been rejected, by the ids of the calls. */
export function findPendingRequests({ requests }: CallFacts): Map<string, Approval> {
  const pending = requests.filter(({ isPast, resolvedBy }) => !isPast && resolvedBy === undefined);
  // A repeated request is a copy: both languages use the first one.
  return new Map(pending.toReversed().map((request) => [request.callId, request]));
}

/** Returns the open turn of a converted conversation, or `undefined` if no call of the last response waits. */
export function createPendingTurn(
  messages: readonly ChatMessage[],
  facts: CallFacts,
  session: SessionApprovals,
  source: JsonNode,
): PendingTurn | undefined {
  const pending = findPendingRequests(facts);
  const ids = findOpenCalls(messages);
  if (!ids.some((id) => pending.has(id)) || new Set(ids).size < ids.length) return undefined;
  const calls = ids.map((callId) => toPendingCall(callId, pending.get(callId), facts, session));
  // The same session must have the same turn whenever it is read: digests and operation ids contain it.
  const id = `af-${textDigest(printNode(source), "hex").slice(0, 32)}`;
  const usage = toChatUsage(facts.usages);
  return { id, ...locateTurn(messages), ...(usage === undefined ? {} : { usage }), calls };
}

/** Returns where the last turn of a conversation starts, and how many messages and responses it has. */
export function locateTurn(
  messages: readonly ChatMessage[],
): Pick<PendingTurn, "start" | "input" | "rounds"> {
  const start = findStart(messages);
  const turn = messages.slice(start);
  const firstResponse = turn.findIndex(({ role }) => role === "assistant" || role === "tool");
  const rounds = turn.filter(({ role }) => role === "assistant").length;
  return { start, input: Math.max(firstResponse, 0), rounds };
}

function toPendingCall(
  callId: string,
  request: Approval | undefined,
  { responses }: CallFacts,
  session: SessionApprovals,
): PendingCall {
  const response = request === undefined ? undefined : findResponse(request, responses);
  if (response !== undefined) {
    if (isTrue(response.content, "approved")) return { callId, state: "approved" };
    const reason = fieldText(response.content, "reason")?.toWellFormed();
    return { callId, state: "denied", ...(reason === undefined ? {} : { reason }) };
  }
  const decision = session.decisions.get(callId);
  if (decision !== undefined) return { callId, state: decision };
  const confirmation = request?.content.fields.requiresConfirmation;
  const isSafe = confirmation !== undefined && printNode(confirmation) === "false";
  return { callId, state: isSafe ? "approved" : "approval-needed" };
}

export function findResponse(request: Approval, responses: readonly Approval[]): Approval | undefined {
  return responses.findLast(({ id, index }) => id === request.id && index >= request.index);
}

/** Returns the ids of the last response's calls that have no result, if only results follow it. */
export function findOpenCalls(messages: readonly ChatMessage[]): string[] {
  const position = messages.findLastIndex(({ role }) => role !== "tool");
  const calling = messages[position];
  if (calling === undefined || calling.role === "tool") return [];
  const answered = new Set(
    messages.slice(position + 1).map((message) => (message.role === "tool" ? message.tool_call_id : "")),
  );
  return (calling.tool_calls ?? []).map(({ id }) => id).filter((id) => !answered.has(id));
}

/** Returns the position of the first message of the last turn. */
function findStart(messages: readonly ChatMessage[]): number {
  const isInput = (position: number): boolean => {
    const role = messages[position]?.role;
    return role === "user" || role === "system" || role === "developer";
  };
  let start = messages.findLastIndex((_message, position) => isInput(position));
  while (start > 0 && isInput(start - 1)) start -= 1;
  return Math.max(start, 0);
}
