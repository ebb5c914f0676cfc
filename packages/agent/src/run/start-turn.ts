import { AgentError } from "../agent-error.ts";
import { quoteName } from "../thread/json.ts";
import type { ThreadKind } from "../thread/thread-kind.ts";
import type { ThreadState } from "../thread/thread-state.ts";
import type { Tool } from "../tools/tool.ts";
import { readDecisions, type ApprovalDecision } from "./run-options.ts";
import { recordCall, TurnDraft } from "./turn-draft.ts";

/** The turn that an input begins. Throws `TURN_OPEN`. */
export function beginTurn<Kind extends string, Message extends object, Usage extends object>(
  thread: ThreadState<Kind, Message>,
  input: readonly Message[],
): TurnDraft<Message, Usage> {
  const base = thread.change;
  if (base.turn !== undefined) {
    throw new AgentError(
      "TURN_OPEN",
      'This thread has an open turn, which waits for approvals or was cut off. Finish it with resume, or end it with repairThread and openTurn: "close".',
    );
  }
  return TurnDraft.begin(base, input);
}

/** What an open turn is taken up with. */
export interface Reopening<Message extends object> {
  readonly threads: ThreadKind<string, Message>;
  readonly tools: ReadonlyMap<string, Tool>;
  readonly approvals: readonly ApprovalDecision[];
}

/** The open turn of a thread, with the decisions in it. Throws `INVALID_ARGUMENT` or `TOOL_MISSING`. */
export function reopenTurn<Kind extends string, Message extends object, Usage extends object>(
  thread: ThreadState<Kind, Message>,
  { threads, tools, approvals }: Reopening<Message>,
): TurnDraft<Message, Usage> {
  const base = thread.change;
  if (base.turn === undefined) {
    const message = "thread: it has no open turn to resume. Begin the next turn with run.";
    throw new AgentError("INVALID_ARGUMENT", message, { path: "thread" });
  }
  const open = threads.findOpenCalls(base.list.messages, "$.messages", "THREAD_INVALID");
  const draft = TurnDraft.reopen<Message, Usage>(base, base.turn, open.calls);
  const pending = new Set(draft.approvals.map(({ callId }) => callId));
  const decisions = readDecisions(approvals, pending);
  for (const entry of draft.calls) {
    const decision = decisions.get(entry.call.callId);
    if (decision?.approved === true) entry.record = recordCall(entry.call, "approved");
    if (decision?.approved === false) entry.record = recordCall(entry.call, "denied", decision.reason);
    const state = entry.record?.state;
    const isToRun = state === "approved" || state === "started";
    if (isToRun && !tools.has(entry.call.name)) throw toolMissing(entry.call.name, open.path);
  }
  return draft;
}

function toolMissing(name: string, path: string): AgentError {
  const message = `${path}: a call that is to run is of the tool ${quoteName(name)}, which this agent has not. Resume with an agent that has it, or end the turn with repairThread and openTurn: "close".`;
  return new AgentError("TOOL_MISSING", message, { path });
}
