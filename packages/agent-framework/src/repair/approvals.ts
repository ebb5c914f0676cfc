import type { DamageCode } from "@threadstore/agent";
import { fieldText, type Content } from "../content/content.ts";
import { readContent } from "../content/read-content.ts";
import { getMember, objectNode, stringNode, type JsonNode } from "../json/node.ts";
import type { Language } from "../shapes/shape.ts";
import type { Account } from "./account.ts";
import { readHead, removeSlot, setSlot, type Item, type Slot } from "./working-copy.ts";

interface Approval {
  readonly item: Item;
  readonly slot: Slot;
  readonly id: string;
  readonly callId: string;
  readonly call: Content | undefined;
  /** Whether the user went on behind it. */
  readonly isPast: boolean;
}

/** What a thread says of approvals. */
export interface Approvals {
  readonly requests: readonly Approval[];
  readonly responses: readonly Approval[];
  /** The ids of calls that stand in a message, and not only in a request. */
  readonly calls: Set<string>;
  readonly results: ReadonlySet<string>;
}

export function findApprovals(items: readonly Item[], language: Language): Approvals {
  const requests: Approval[] = [];
  const responses: Approval[] = [];
  const calls = new Set<string>();
  const results = new Set<string>();
  let isPast = false;
  for (const item of items.toReversed()) {
    const contents = item.slots.flatMap((slot) =>
      slot.node.type === "null" ? [] : [{ slot, content: readContent(slot.node, language, slot.key) }],
    );
    for (const { slot, content } of contents) {
      const { kind, call } = content;
      const callId = fieldText(call ?? content, "callId") ?? "";
      const approval = { item, slot, id: fieldText(content, "id") ?? "", callId, call, isPast };
      if (kind === "approvalRequest") requests.push(approval);
      if (kind === "approvalResponse") responses.push(approval);
      if (kind === "call") calls.add(callId);
      if (kind === "result") results.add(callId);
    }
    const { role } = readHead(item, language);
    const speaks = contents.some(({ content: { kind } }) => kind !== "result" && kind !== "approvalResponse");
    isPast ||= speaks && role !== "assistant" && role !== "tool";
  }
  return { requests: requests.toReversed(), responses: responses.toReversed(), calls, results };
}

/**
 * Takes out requests that nobody answered though the conversation went on, for which Agent Framework refuses each
 * further run; with `close`, also those that still wait. What is left is the call that was asked about, which then has
 * no result. An answer to nothing is taken out, too.
 */
export function mendApprovals(
  items: readonly Item[],
  language: Language,
  account: Account,
  close: boolean,
): void {
  const approvals = findApprovals(items, language);
  const { requests, responses, calls, results } = approvals;
  const answered = new Set(responses.map(({ id }) => id));
  const asked = new Set(requests.map(({ id }) => id));
  for (const request of requests) {
    if (answered.has(request.id) || results.has(request.callId)) continue;
    if (request.isPast)
      addDamage("approval-dangling", request, "nobody answered this request for approval", account);
    else if (close) addDamage("turn-open", request, "this call waits for approval", account);
    else continue;
    replaceByCall(request, calls, language);
    calls.add(request.callId);
  }
  for (const response of responses) {
    const { id, callId, isPast, item, slot } = response;
    if (!isPast || asked.has(id) || calls.has(callId) || results.has(callId)) continue;
    addDamage("approval-dangling", response, "this is an answer to no request for approval", account);
    removeSlot(item, slot);
  }
}

function addDamage(code: DamageCode, { slot }: Approval, message: string, account: Account): void {
  const remedy = "A repair takes it out, and answers the call, if there is one, that it was interrupted.";
  account.add({ code, path: slot.path, message, remedy }, "drop", "it was taken out");
}

function replaceByCall(
  { item, slot, call, callId }: Approval,
  calls: ReadonlySet<string>,
  language: Language,
): void {
  if (call?.kind !== "call" || calls.has(callId)) {
    removeSlot(item, slot);
    return;
  }
  const node = ["toolCall", "functionCall", "function_call", "call"]
    .map((name) => getMember(slot.node, name))
    .find((found) => found?.type === "object");
  if (node !== undefined) setSlot(item, slot, withType(node, language));
}

// Older C# wrote the call in a request without its type.
function withType(node: JsonNode, language: Language): JsonNode {
  if (language === "python" || node.type !== "object" || getMember(node, "$type") !== undefined) return node;
  return objectNode([["$type", stringNode("functionCall")], ...node.members]);
}
