import type { OpenCall, OpenTurn } from "./approvals/open-turn.ts";
import { writeApprovals } from "./approvals/write-approvals.ts";
import type { ObjectNode } from "./json/node.ts";
import type { Preserved } from "./preserved/state.ts";
import type { Report } from "./report.ts";
import type { Envelope } from "./shapes/envelope.ts";
import { readSessionApprovals, removeSessionApprovals } from "./shapes/session-approvals.ts";

export interface TurnToWrite {
  readonly written: readonly ObjectNode[];
  readonly turn: OpenTurn | undefined;
  readonly preserved: Preserved | undefined;
  readonly envelope: Envelope;
  readonly report: Report;
}

/** Writes the open turn as pending approvals, and closes approvals that were answered in this project. */
export function writeTurn({ written, turn, preserved, envelope, report }: TurnToWrite): {
  readonly messages: readonly ObjectNode[];
  readonly envelope: Envelope;
} {
  const { root, shape } = envelope;
  const isOriginalShape = preserved?.shape === shape;
  if (isOriginalShape && preserved.turn === turn?.fingerprint) return { messages: written, envelope };
  const openCalls = listCalls(turn);
  if (turn !== undefined) reportTurn(turn, report);
  if (openCalls.length === 0 && preserved?.turn === undefined) return { messages: written, envelope };
  const open = new Set(openCalls.map(({ callId }) => callId));
  const changedRoot = removeSessionApprovals(root, shape, (callId) => open.has(callId));
  if (changedRoot !== root) {
    const message = "The records of the session about approvals that do not wait any more are removed.";
    report("changed", "$.agentFramework.thread", message);
  }
  const decided = new Set(readSessionApprovals(changedRoot, shape).decisions.keys());
  const messages = writeApprovals(written, { openCalls, decided, shape, report });
  return { messages, envelope: { ...envelope, root: changedRoot } };
}

/** Agent Framework runs an approved call in its next run, but a turn that was stopped only continues if asked. */
function listCalls(turn: OpenTurn | undefined): readonly OpenCall[] {
  if (turn === undefined || !turn.isEnded) return turn?.calls ?? [];
  return turn.calls.map((call) => (call.state === "approved" ? { ...call, state: "approval-needed" } : call));
}

function reportTurn({ calls, hasText }: OpenTurn, report: Report): void {
  if (hasText) report("lost", "$.turn.text", "Agent Framework does not have the beginning of an answer.");
  if (calls.length === 0) {
    report("lost", "$.turn", "The turn was interrupted, and Agent Framework does not resume it.");
  } else {
    report(
      "changed",
      "$.turn",
      "The calls that wait become approvals in Agent Framework, which does not have the id and the usage of a turn.",
    );
  }
}
