import { AgentError } from "../agent-error.ts";
import type { AbandonedTurn } from "../run/abandon-turn.ts";
import type { OpenTurn, TurnState } from "../thread/thread.ts";
import { closeTurn } from "./close-turn.ts";
import { type AnyResult, type ConversationSettings, DEFAULT_LEASE } from "./conversation-options.ts";
import type { ConversationEvent, OpenTurnPolicy, Saved, Settled } from "./conversation.ts";
import { withLease } from "./lease.ts";
import type { StoredConversation, UpdatableThread } from "./stored-conversation.ts";
import { endingOf } from "./turn-ending.ts";
import { saveResumedTurn, type TurnCall } from "./turn-steps.ts";

/** What a run does with an open turn that it finds, unless its caller says so. */
const DEFAULT_POLICIES: { readonly [State in TurnState]: OpenTurnPolicy } = {
  failed: "close",
  open: "resume",
  stopped: "close",
  waiting: "reject",
};

export interface SettleCall extends TurnCall {
  readonly policy: OpenTurnPolicy | undefined;
}

export interface SettledThread extends Settled<AnyResult & Saved, object> {
  readonly target: UpdatableThread;
}

/**
 * Ends the open turn of a loaded thread, if there is one, so that the next can start. Takes the lease for that, because
 * only its holder knows that no other process works on the turn.
 *
 * Rejects with `TURN_OPEN`, `TOO_MANY_ATTEMPTS`, or as `resume` does.
 */
export async function settleTurn(
  settings: ConversationSettings,
  conversation: StoredConversation,
  target: UpdatableThread,
  call: SettleCall,
  signal: AbortSignal,
): Promise<SettledThread> {
  const { openTurn } = target.thread;
  if (isSettled(openTurn, call)) return { target, resumed: undefined, closed: undefined };
  if (policyFor(openTurn, call) === "reject") throw turnOpen(openTurn);
  if (settings.lease !== undefined) return settle(settings, conversation, target, call, signal);
  return withLease({ ...settings, lease: DEFAULT_LEASE }, signal, async (leaseSignal) =>
    settle(settings, conversation, await conversation.loadForUpdate(leaseSignal), call, leaseSignal),
  );
}

async function settle(
  settings: ConversationSettings,
  conversation: StoredConversation,
  loaded: UpdatableThread,
  call: SettleCall,
  signal: AbortSignal,
): Promise<SettledThread> {
  const emit = (event: ConversationEvent): void => call.emit?.(event);
  let target = loaded;
  let resumed: (AnyResult & Saved) | undefined;
  let closed: AbandonedTurn | undefined;
  let hasFailed = false;
  for (;;) {
    const { openTurn: turn } = target.thread;
    if (isSettled(turn, call)) return { target, resumed, closed };
    const policy = hasFailed ? "close" : policyFor(turn, call);
    if (policy === "reject" || resumed !== undefined) throw turnOpen(turn);
    if (policy === "close") {
      const end = await closeTurn(settings, conversation, target, {}, signal);
      target = end.target;
      if (end.abandoned.turn !== undefined) {
        closed = end.abandoned;
        emit({ type: "turn-closed", closed });
      }
      continue;
    }
    emit({ type: "turn-resuming", turn });
    try {
      resumed = await saveResumedTurn(settings, target, { ...call, options: call.options }, signal);
      emit({ type: "turn-resumed", turn, result: resumed });
    } catch (error) {
      // Without a policy, the input is not refused because an earlier turn fails and always will.
      if (call.policy !== undefined || endingOf(error, call.signal)?.state !== "failed") throw error;
      hasFailed = true;
      target = await conversation.loadForUpdate(signal);
    }
  }
}

/** Returns whether the run can start: no turn is open, or the one that the run itself continues, by its key. */
function isSettled(turn: OpenTurn | undefined, { options }: SettleCall): turn is undefined {
  return turn === undefined || (turn.key !== undefined && turn.key === options?.key);
}

function policyFor({ state }: OpenTurn, { policy }: SettleCall): OpenTurnPolicy {
  return policy ?? DEFAULT_POLICIES[state];
}

function turnOpen({ state, approvals }: OpenTurn): AgentError {
  const message =
    approvals.length > 0
      ? 'The last turn of this conversation waits for approvals. Pass decisions to resume, or end it with abandon or with openTurn: "close".'
      : `The last turn of this conversation did not end (${state}). Continue it with resume or with openTurn: "resume", or end it with abandon or with openTurn: "close".`;
  return new AgentError("TURN_OPEN", message);
}
