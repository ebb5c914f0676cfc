import { INTERRUPTED_RESULT } from "@threadstore/agent/provider";
import { type ContentEntry, finishMessage, removeContent } from "../entries/entries.ts";
import { booleanNode, type ObjectNode, stringNode } from "../json/node.ts";
import type { Report } from "../report.ts";
import type { AgentFrameworkShape } from "../shapes/shape.ts";
import { ApprovalDraft, type LocatedCall } from "./approval-draft.ts";
import { locate, replaceWithCall } from "./entry-approvals.ts";
import { joinCalls } from "./join-calls.ts";
import type { OpenCall } from "./open-turn.ts";
import { renameEarlierCalls } from "./rename-earlier-calls.ts";

export interface ApprovalsToWrite {
  readonly openCalls: readonly OpenCall[];
  /** The ids of calls whose decision the target's session already contains. */
  readonly decided: ReadonlySet<string>;
  readonly shape: AgentFrameworkShape;
  readonly report: Report;
}

/** Writes the open calls of a conversation as approvals. Its messages are already in the target's shape. */
export function writeApprovals(messages: readonly ObjectNode[], task: ApprovalsToWrite): ObjectNode[] {
  const { openCalls, decided, shape, report } = task;
  const draft = new ApprovalDraft(messages, shape);
  renameEarlierCalls(draft, openCalls, report);
  closeAnswered(draft, new Set(openCalls.map(({ callId }) => callId)), report);
  const responses: ContentEntry[] = [];
  const results: ContentEntry[] = [];
  for (const call of openCalls) {
    const located = draft.findCall(call.callId);
    if (located === undefined) {
      report("lost", call.path, "The target does not have the call that waits.");
    } else if (call.state === "approval-needed" || isDecision(call)) {
      const id = draft.request(located);
      const response =
        isDecision(call) && !decided.has(call.callId) ? newResponse(draft, call, id, report) : undefined;
      if (response !== undefined) responses.push(response);
    } else {
      draft.restoreCall(located);
      results.push(draft.factory.result(call.callId, INTERRUPTED_RESULT, call.path));
      report(
        "lost",
        call.path,
        "The call has started, and Agent Framework would run it again. It gets a result that says that it was interrupted.",
      );
    }
  }
  const written = draft.messages.filter(
    ({ contents, contentsChanged }) => !contentsChanged || contents.length > 0,
  );
  return [
    ...joinCalls(written, draft.language, report),
    ...draft.message("tool", results),
    ...draft.message("user", responses),
  ].map(finishMessage);
}

function isDecision({ state }: OpenCall): boolean {
  return state === "approved" || state === "denied";
}

/**
 * Replaces requests whose calls got their results in this project with the calls. C# rejects every further run
 * because of a request without a response, and removes one with a response together with its call.
 */
function closeAnswered(draft: ApprovalDraft, open: ReadonlySet<string>, report: Report): void {
  const { requests, responses } = draft.facts();
  const closed = new Set<string>();
  for (const request of requests) {
    const { id, callId, resolvedBy, index } = request;
    const isAnswered = responses.some((response) => response.id === id);
    const calls = draft.callsAround(index);
    // Python sends neither the request nor its response, so the result needs the call as a content item.
    const isNatural = draft.language === "python" && isAnswered && calls.has(callId);
    if (open.has(callId) || resolvedBy !== "result" || isNatural) continue;
    replaceWithCall(locate(draft.messages, request), calls, draft.language, callId);
    closed.add(id);
    const message = "A request for approval whose call has its result is replaced with the call.";
    report("changed", "$.agentFramework.messages", message);
  }
  for (const response of responses) {
    if (!closed.has(response.id)) continue;
    const { message, content } = locate(draft.messages, response);
    if (message !== undefined && content !== undefined) removeContent(message, content);
  }
}

function newResponse(
  draft: ApprovalDraft,
  { callId, state, reason, path }: OpenCall,
  id: string,
  report: Report,
): ContentEntry | undefined {
  if (draft.facts().responses.some((response) => response.id === id && !response.isPast)) return undefined;
  if (reason !== undefined && draft.language === "python") {
    report("lost", `${path}.reason`, "Python does not have the reason of a denial.");
  }
  const located: LocatedCall | undefined = draft.findCall(callId);
  if (located === undefined) return undefined;
  const fields = {
    id: stringNode(id),
    approved: booleanNode(state === "approved"),
    ...(reason === undefined ? {} : { reason: stringNode(reason) }),
  };
  return draft.factory.approval("approvalResponse", fields, located.call);
}
