import { AgentError } from "../agent-error.ts";
import { isPlainObject, unexpected } from "../thread/json.ts";
import type { ThreadSnapshot } from "../thread/thread.ts";

/** Options of every run, whatever the agent's kind. */
export interface RunOptions {
  /**
   * Aborts the run, which rejects with the signal's reason and leaves the thread as it was. Tools are handed
   * a signal that is aborted with it.
   */
  readonly signal?: AbortSignal | undefined;
  /**
   * Told of the thread as it would be if the turn stopped now: once the input or the approvals are accepted,
   * after each answer of the model that calls tools, before the calls run, and after tool results. The run
   * waits for it, and is told of results that come meanwhile all at once. One that saves what it is given
   * makes the turn survive a crash: the next process deserializes the last snapshot and calls `resume`. When
   * it rejects, the run stops and rejects with that same error.
   */
  readonly onProgress?: OnProgress | undefined;
}

export type OnProgress = (snapshot: ThreadSnapshot) => Promise<void>;

/** A person's answer to a call that waits for approval. */
export interface ApprovalDecision {
  readonly callId: string;
  readonly approved: boolean;
  /** Why not; the model is told. */
  readonly reason?: string | undefined;
}

/** What a `resume` takes besides the options of a run. */
export interface ApprovalOptions {
  /** Answers to some or all of the calls that wait. Calls without an answer go on waiting. */
  readonly approvals?: readonly ApprovalDecision[] | undefined;
}

/** The decisions by call. Throws `INVALID_ARGUMENT` with the path. */
export function readDecisions(
  approvals: readonly ApprovalDecision[],
  pending: ReadonlySet<string>,
): ReadonlyMap<string, ApprovalDecision> {
  if (!Array.isArray(approvals)) throw unexpected("INVALID_ARGUMENT", "approvals", "an array", approvals);
  const decisions = new Map<string, ApprovalDecision>();
  approvals.forEach((decision: unknown, index) => {
    const path = `approvals[${index}]`;
    const { callId, approved, reason } = checkDecision(decision, path);
    if (!pending.has(callId) || decisions.has(callId)) {
      const problem = decisions.has(callId) ? "is answered twice" : "does not wait for approval";
      const message = `${path}: the call with this id ${problem}. See thread.openTurn.approvals.`;
      throw new AgentError("INVALID_ARGUMENT", message, { path });
    }
    decisions.set(callId, { callId, approved, reason });
  });
  return decisions;
}

function checkDecision(decision: unknown, path: string): ApprovalDecision {
  if (!isPlainObject(decision)) throw unexpected("INVALID_ARGUMENT", path, "an object", decision);
  const { callId, approved, reason } = decision;
  if (typeof callId !== "string") {
    throw unexpected("INVALID_ARGUMENT", `${path}.callId`, "a string", callId);
  }
  if (typeof approved !== "boolean") {
    throw unexpected("INVALID_ARGUMENT", `${path}.approved`, "true or false", approved);
  }
  if (reason !== undefined && (typeof reason !== "string" || !reason.isWellFormed())) {
    throw unexpected("INVALID_ARGUMENT", `${path}.reason`, "well-formed text", reason);
  }
  return { callId, approved, reason };
}
