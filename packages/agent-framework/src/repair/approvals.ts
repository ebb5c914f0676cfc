import type { FindingCode } from "@threadstore/agent";
import { findEntryFacts, locate, replaceWithCall } from "../approvals/entry-approvals.ts";
import { findPendingRequests } from "../approvals/pending-turn.ts";
import { type MessageEntry, removeContent } from "../entries/entries.ts";
import type { Approval } from "../messages/call-facts.ts";
import type { Language } from "../shapes/shape.ts";
import type { RepairLog } from "./repair-log.ts";

/** Returns the ids of the calls that wait for approval. */
export function findPendingCalls(messages: readonly MessageEntry[], language: Language): Set<string> {
  return new Set(findPendingRequests(findEntryFacts(messages, language)).keys());
}

/**
 * Removes requests that were never answered although the conversation continued: Agent Framework rejects every
 * further run because of them. With `close`, pending requests and their responses are also removed. The call that a
 * request was about remains, and then has no result. Responses without a request are removed, too. Each removal is
 * logged with its path.
 */
export function repairApprovals(
  messages: readonly MessageEntry[],
  language: Language,
  log: RepairLog,
  close: boolean,
): void {
  const { requests, responses, calls } = findEntryFacts(messages, language);
  const answered = new Set(responses.map(({ id }) => id));
  const requested = new Set(requests.map(({ id }) => id));
  const closed = new Set<string>();
  for (const request of requests) {
    if (request.resolvedBy !== undefined) continue;
    if (request.isPast && !answered.has(request.id)) {
      logRemoval("approval-dangling", request, "The request for approval was never answered.", log);
    } else if (close && !request.isPast) {
      logRemoval("turn-open", request, "The call waits for approval.", log);
      closed.add(request.id);
    } else {
      continue;
    }
    replaceWithCall(locate(messages, request), calls, language, request.callId);
    calls.add(request.callId);
  }
  for (const response of responses) {
    const { id, callId, isPast, resolvedBy } = response;
    // A response whose call ran belongs to an earlier request, if a server used the id again.
    if (resolvedBy !== undefined) continue;
    if (closed.has(id)) {
      logRemoval("turn-open", response, "The response is to a request for approval that is closed.", log);
    } else if (isPast && !requested.has(id) && !calls.has(callId)) {
      const fault = "The response does not answer any request for approval.";
      logRemoval("approval-dangling", response, fault, log);
    } else {
      continue;
    }
    const { message, content } = locate(messages, response);
    if (message !== undefined && content !== undefined) removeContent(message, content);
  }
}

function logRemoval(code: FindingCode, { content }: Approval, message: string, log: RepairLog): void {
  const remedy =
    "A repair removes it and adds a result saying that the call, if there is one, was interrupted.";
  log.add({ code, path: content.path, message, remedy }, "drop", "A repair removes it.");
}
