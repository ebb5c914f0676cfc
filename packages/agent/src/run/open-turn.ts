import { quoteName } from "@threadstore/core/documents";
import { AgentError } from "../agent-error.ts";
import type { ThreadKind } from "../thread/thread-kind.ts";
import type { ThreadState } from "../thread/thread-state.ts";
import type { TurnKey } from "../thread/turn-key.ts";
import { findTool } from "../tools/find-tool.ts";
import { INTERRUPTED } from "../tools/plan-call.ts";
import type { Tool } from "../tools/tool.ts";
import { readDecisions } from "./read-decisions.ts";
import type { ApprovalDecision } from "./run-options.ts";
import { recordCall, TurnDraft } from "./turn-draft.ts";
import { withdrawResults } from "./withdraw-results.ts";

/** Starts a turn with an input. Throws `TURN_OPEN`. */
export function startTurn<Kind extends string, Message extends object, Usage extends object>(
  thread: ThreadState<Kind, Message>,
  input: readonly Message[],
  key: TurnKey | undefined,
): TurnDraft<Message, Usage> {
  const { revision } = thread;
  if (revision.turn !== undefined) {
    throw new AgentError(
      "TURN_OPEN",
      "The thread has an open turn: it waits for approvals, or did not end. Continue it with resume, or end it with abandon.",
    );
  }
  return TurnDraft.start(revision, input, key);
}

/** What resuming an open turn requires. */
export interface Resumption<Message extends object> {
  readonly threads: ThreadKind<string, Message>;
  readonly tools: ReadonlyMap<string, Tool>;
  readonly approvals: readonly ApprovalDecision[];
}

/**
 * Reopens the open turn of a thread with decisions on its calls. Throws `INVALID_ARGUMENT`, `APPROVAL_STALE`,
 * `APPROVAL_DECIDED` or `TOOL_MISSING`.
 */
export function reopenTurn<Kind extends string, Message extends object, Usage extends object>(
  thread: ThreadState<Kind, Message>,
  { threads, tools, approvals }: Resumption<Message>,
): TurnDraft<Message, Usage> {
  const { revision } = thread;
  if (revision.turn === undefined) {
    readDecisions(approvals, undefined);
    const message = "`thread` does not have an open turn to resume. Start the next turn with run.";
    throw new AgentError("INVALID_ARGUMENT", message, { path: "thread" });
  }
  const open = threads.findOpenCalls(revision.list.messages, "$.messages", "THREAD_INVALID");
  const draft = TurnDraft.reopen<Message, Usage>(revision, revision.turn, open.calls);
  // Results are sent when the last call has one.
  if (open.calls.length === 0 && !revision.turn.isRejected) {
    const current = draft.messages;
    const messages = withdrawResults(current, threads, INTERRUPTED);
    if (messages !== current) draft.list = draft.list.take(draft.start).append(messages);
  }
  const decisions = readDecisions(approvals, draft);
  for (const entry of draft.calls) {
    const decision = decisions.get(entry.call.callId);
    if (decision?.approved === true) entry.record = recordCall(entry.call, "approved");
    if (decision?.approved === false) entry.record = recordCall(entry.call, "denied", decision.reason);
  }
  const onlyWaits = draft.calls.every(({ record }) => record?.state === "approval-needed");
  if (draft.calls.length === 0 || !onlyWaits) draft.attempts += 1;
  for (const entry of draft.calls) {
    const state = entry.record?.state;
    const mustRun = state === "approved" || state === "started";
    if (mustRun && findTool(tools, entry.call) === undefined) throw toolMissing(entry.call.name, open.path);
  }
  return draft;
}

function toolMissing(name: string, path: string): AgentError {
  const message = `The pending call at \`${path}\` uses tool ${quoteName(name)}, which this agent does not have. Resume with an agent that has it, or end the turn with abandon.`;
  return new AgentError("TOOL_MISSING", message, { path });
}
