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

/** The answers to requests for approval, which are items of their own, or parts of messages. */
function answersOf({ messages, items }: SerializedThread): [string, Approval][] {
  return (objectsOf(messages ?? items) ?? []).flatMap((message) => {
    if (message["type"] === "mcp_approval_response") {
      return [[textOf(message["approval_request_id"]), answer(message["approve"])]];
    }
    return [];
  });
}

function answer(isApproved: unknown): Approval {
  return isApproved === true ? "approved" : "denied";
}
