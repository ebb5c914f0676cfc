import type { SerializedThread } from "@threadstore/core";
import { isJsonObject } from "@threadstore/core/documents";
import { type Approval, type Entry, objectsOf, textOf } from "./entry.ts";

/** An open turn of an agent's thread: one that waits for approvals, or did not end. */
export interface OpenTurn {
  /** As `openTurn.state` of agents: `open` was interrupted. */
  readonly phase: "failed" | "open" | "stopped" | "waiting";
  /** The ids of the calls without a result. */
  readonly calls: readonly string[];
}

/** Returns the open turn of an agent's thread, which docs/thread-format.md describes. */
export function openTurnOf(thread: SerializedThread): OpenTurn | undefined {
  const { turn } = thread;
  if (!isJsonObject(turn)) return undefined;
  const calls = objectsOf(turn["calls"]) ?? [];
  const { state } = turn;
  const isWaiting = calls.some((call) => call["state"] === "approval-needed");
  const phase = state === "stopped" || state === "failed" ? state : isWaiting ? "waiting" : "open";
  return { phase, calls: calls.map((call) => textOf(call["callId"])) };
}

const STATES: ReadonlyMap<string, Approval> = new Map<string, Approval>([
  ["approval-needed", "requested"],
  ["approved", "approved"],
  ["denied", "denied"],
]);

/** Adds the approvals that other parts of the thread contain to the calls of the entries. */
export function withApprovals(entries: readonly Entry[], thread: SerializedThread): readonly Entry[] {
  const approvals = new Map([...answersOf(thread), ...statesOf(thread)]);
  if (approvals.size === 0) return entries;
  // Only the last call with an id can be the one that is open.
  const remaining = new Map(approvals);
  return entries
    .toReversed()
    .map((entry) => {
      if (entry.kind !== "call") return entry;
      const approval = remaining.get(entry.id);
      remaining.delete(entry.id);
      return approval === undefined ? entry : { ...entry, approval };
    })
    .toReversed();
}

function statesOf({ turn }: SerializedThread): [string, Approval][] {
  const calls = isJsonObject(turn) ? (objectsOf(turn["calls"]) ?? []) : [];
  return calls.flatMap((call): [string, Approval][] => {
    const isApproved = call["state"] === "started" && call["approved"] === true;
    const approval = isApproved ? "approved" : STATES.get(textOf(call["state"]));
    return approval === undefined ? [] : [[textOf(call["callId"]), approval]];
  });
}

/** The answers to requests for approval: items of MCP, and parts of model messages of the AI SDK. */
function answersOf({ messages, items }: SerializedThread): [string, Approval][] {
  const listed = objectsOf(messages ?? items) ?? [];
  const parts = listed.flatMap(({ content }) => objectsOf(content) ?? []);
  const callIds = new Map(
    parts
      .filter((part) => part["type"] === "tool-approval-request")
      .map((part) => [textOf(part["approvalId"]), textOf(part["toolCallId"])]),
  );
  return [
    ...[...callIds.values()].map((id): [string, Approval] => [id, "requested"]),
    ...parts
      .filter((part) => part["type"] === "tool-approval-response")
      .flatMap((part): [string, Approval][] => {
        const callId = callIds.get(textOf(part["approvalId"]));
        return callId === undefined ? [] : [[callId, answer(part["approved"])]];
      }),
    ...listed
      .filter((item) => item["type"] === "mcp_approval_response")
      .map((item): [string, Approval] => [textOf(item["approval_request_id"]), answer(item["approve"])]),
  ];
}

function answer(isApproved: unknown): Approval {
  return isApproved === true ? "approved" : "denied";
}
