import { isPlainObject } from "@threadstore/core/documents";
import { AgentError, invalidValue } from "../agent-error.ts";
import type { ApprovalDecision } from "./run-options.ts";

/**
 * Validates decisions on the `pending` calls and indexes them by call id. Throws `INVALID_ARGUMENT` with the path.
 */
export function readDecisions(
  approvals: readonly ApprovalDecision[],
  pending: ReadonlySet<string>,
): ReadonlyMap<string, ApprovalDecision> {
  if (!Array.isArray(approvals)) throw invalidValue("INVALID_ARGUMENT", "approvals", "an array", approvals);
  const decisions = new Map<string, ApprovalDecision>();
  approvals.forEach((value: unknown, index) => {
    const path = `approvals[${index}]`;
    const decision = readDecision(value, path);
    const { callId } = decision;
    if (!pending.has(callId) || decisions.has(callId)) {
      const problem = decisions.has(callId)
        ? "decides on the same call twice"
        : "decides on a call that does not wait";
      const message = `\`${path}\` ${problem}. Use the ids in thread.openTurn.approvals.`;
      throw new AgentError("INVALID_ARGUMENT", message, { path });
    }
    decisions.set(callId, decision);
  });
  return decisions;
}

function readDecision(value: unknown, path: string): ApprovalDecision {
  if (!isPlainObject(value)) throw invalidValue("INVALID_ARGUMENT", path, "an object", value);
  const { callId, approved, reason } = value;
  if (typeof callId !== "string") {
    throw invalidValue("INVALID_ARGUMENT", `${path}.callId`, "a string", callId);
  }
  if (typeof approved !== "boolean") {
    throw invalidValue("INVALID_ARGUMENT", `${path}.approved`, "a boolean", approved);
  }
  if (reason !== undefined && (typeof reason !== "string" || !reason.isWellFormed())) {
    throw invalidValue("INVALID_ARGUMENT", `${path}.reason`, "a well-formed string", reason);
  }
  return { callId, approved, reason };
}
