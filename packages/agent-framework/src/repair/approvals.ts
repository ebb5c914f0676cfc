import type { FindingCode } from "@threadstore/agent";
import { type Content, fieldText } from "../content/content.ts";
import { readContent } from "../content/read-content.ts";
import { getMember, type JsonNode, objectNode, stringNode } from "../json/node.ts";
import type { Language } from "../shapes/shape.ts";
import { type ContentEntry, type MessageEntry, readHead, removeContent, setContent } from "./entries.ts";
import type { RepairLog } from "./repair-log.ts";

interface Approval {
  readonly message: MessageEntry;
  readonly content: ContentEntry;
  readonly id: string;
  readonly callId: string;
  readonly call: Content | undefined;
  /** Whether the user continued the conversation after it. */
  readonly isPast: boolean;
}

/** The requests for approval in a thread, and the responses to them. */
export interface Approvals {
  readonly requests: readonly Approval[];
  readonly responses: readonly Approval[];
  /** The ids of calls that are content items of a message, not only part of a request. */
  readonly calls: Set<string>;
  /** The ids of calls that have a result. */
  readonly results: ReadonlySet<string>;
}

export function findApprovals(messages: readonly MessageEntry[], language: Language): Approvals {
  const requests: Approval[] = [];
  const responses: Approval[] = [];
  const calls = new Set<string>();
  const results = new Set<string>();
  let isPast = false;
  for (const message of messages.toReversed()) {
    const contents = message.contents.flatMap((entry) =>
      entry.node.type === "null" ? [] : [{ entry, content: readContent(entry.node, language, entry.key) }],
    );
    for (const { entry, content } of contents) {
      const { kind, call } = content;
      const callId = fieldText(call ?? content, "callId") ?? "";
      const id = fieldText(content, "id") ?? "";
      const approval = { message, content: entry, id, callId, call, isPast };
      if (kind === "approvalRequest") requests.push(approval);
      if (kind === "approvalResponse") responses.push(approval);
      if (kind === "call") calls.add(callId);
      if (kind === "result") results.add(callId);
    }
    const { role } = readHead(message, language);
    const hasInput = contents.some(
      ({ content: { kind } }) => kind !== "result" && kind !== "approvalResponse",
    );
    isPast ||= hasInput && role !== "assistant" && role !== "tool";
  }
  return { requests: requests.toReversed(), responses: responses.toReversed(), calls, results };
}

/**
 * Removes requests that were never answered although the conversation continued: Agent Framework rejects every
 * further run because of them. With `close`, pending requests are also removed. The call that a request was about
 * remains, and then has no result. Responses without a request are removed, too.
 */
export function repairApprovals(
  messages: readonly MessageEntry[],
  language: Language,
  log: RepairLog,
  close: boolean,
): void {
  const { requests, responses, calls, results } = findApprovals(messages, language);
  const answered = new Set(responses.map(({ id }) => id));
  const requested = new Set(requests.map(({ id }) => id));
  for (const request of requests) {
    if (answered.has(request.id) || results.has(request.callId)) continue;
    if (request.isPast) {
      logRemoval("approval-dangling", request, "The request for approval was never answered.", log);
    } else if (close) {
      logRemoval("turn-open", request, "The call waits for approval.", log);
    } else {
      continue;
    }
    replaceWithCall(request, calls, language);
    calls.add(request.callId);
  }
  for (const response of responses) {
    const { id, callId, isPast, message, content } = response;
    if (!isPast || requested.has(id) || calls.has(callId) || results.has(callId)) continue;
    logRemoval("approval-dangling", response, "The response does not answer any request for approval.", log);
    removeContent(message, content);
  }
}

function logRemoval(code: FindingCode, { content }: Approval, message: string, log: RepairLog): void {
  const remedy =
    "A repair removes it and adds a result saying that the call, if there is one, was interrupted.";
  log.add({ code, path: content.path, message, remedy }, "drop", "Removed it.");
}

function replaceWithCall(
  { message, content, call, callId }: Approval,
  calls: ReadonlySet<string>,
  language: Language,
): void {
  if (call?.kind !== "call" || calls.has(callId)) {
    removeContent(message, content);
    return;
  }
  const node = ["toolCall", "functionCall", "function_call", "call"]
    .map((name) => getMember(content.node, name))
    .find((member) => member?.type === "object");
  if (node !== undefined) setContent(message, content, withType(node, language));
}

// Older C# versions write the call in a request without its type.
function withType(node: JsonNode, language: Language): JsonNode {
  if (language === "python" || node.type !== "object" || getMember(node, "$type") !== undefined) return node;
  return objectNode([["$type", stringNode("functionCall")], ...node.members]);
}
