import { isPlainObject } from "@threadstore/core/documents";
import { AgentError, invalidValue } from "../agent-error.ts";
import type { PendingApproval } from "../thread.ts";
import { toPendingApproval } from "../thread/pending-approval.ts";
import type { ApprovalDecision } from "./run-options.ts";
import type { DraftCall, TurnDraft } from "./turn-draft.ts";

/** An open turn whose calls wait for decisions. */
export type WaitingTurn = Pick<TurnDraft<object, object>, "id" | "rounds"> & {
  readonly calls: readonly Pick<DraftCall<object>, "call" | "record">[];
};

/** The members of a decision that repeat what was shown. Only the first two are required. */
type ShownCall = Pick<PendingApproval, "callId" | "digest"> & Partial<PendingApproval>;

/**
 * Validates decisions and indexes them by call id. Each must be about a call that waits, with the digest of what was
 * shown. Throws `INVALID_ARGUMENT`, `APPROVAL_STALE` or `APPROVAL_DECIDED` with the path.
 */
export function readDecisions(
  approvals: readonly ApprovalDecision[],
  turn: WaitingTurn | undefined,
): ReadonlyMap<string, ApprovalDecision> {
  if (!Array.isArray(approvals)) throw invalidValue("INVALID_ARGUMENT", "approvals", "an array", approvals);
  const decisions = new Map<string, ApprovalDecision>();
  approvals.forEach((value: unknown, index) => {
    const path = `approvals[${index}]`;
    const decision = readDecision(value, path);
    if (decisions.has(decision.callId)) {
      const message = `\`${path}\` decides on the same call twice. Pass one decision for each call.`;
      throw new AgentError("INVALID_ARGUMENT", message, { path });
    }
    checkIsWaiting(value as ShownCall, turn, path);
    decisions.set(decision.callId, decision);
  });
  return decisions;
}

function readDecision(value: unknown, path: string): ApprovalDecision {
  if (!isPlainObject(value)) throw invalidValue("INVALID_ARGUMENT", path, "an object", value);
  const { callId, digest, approved, reason } = value;
  if (typeof callId !== "string") {
    throw invalidValue("INVALID_ARGUMENT", `${path}.callId`, "a string", callId);
  }
  if (typeof digest !== "string") {
    throw invalidValue("INVALID_ARGUMENT", `${path}.digest`, "the digest shown with the call", digest);
  }
  if (typeof approved !== "boolean") {
    throw invalidValue("INVALID_ARGUMENT", `${path}.approved`, "a boolean", approved);
  }
  if (reason !== undefined && (typeof reason !== "string" || !reason.isWellFormed())) {
    throw invalidValue("INVALID_ARGUMENT", `${path}.reason`, "a well-formed string", reason);
  }
  return { callId, digest, approved, reason };
}

function checkIsWaiting(shown: ShownCall, turn: WaitingTurn | undefined, path: string): void {
  const entry = turn?.calls.find(({ call }) => call.callId === shown.callId);
  if (turn === undefined || entry === undefined || !isShown(toPendingApproval(turn, entry.call), shown)) {
    const message = `\`${path}\` is not about a call that waits now: it has its result, its turn was left, or something else was shown. Load the conversation to see what happened, and ask about the calls in thread.openTurn.approvals, if there are any.`;
    throw new AgentError("APPROVAL_STALE", message, { path });
  }
  if (entry.record?.state === "approval-needed") return;
  const message = `\`${path}\` is about a call that was decided before and does not have its result yet. Load the conversation later to see it.`;
  throw new AgentError("APPROVAL_DECIDED", message, { path });
}

/** A page that lets a person edit the arguments must not run the call with those that were there before. */
function isShown(call: PendingApproval, shown: ShownCall): boolean {
  const members = ["digest", "name", "arguments", "kind"] as const;
  return members.every((name) => typeof shown[name] !== "string" || shown[name] === call[name]);
}
