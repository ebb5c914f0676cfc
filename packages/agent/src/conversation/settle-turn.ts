import { DEFAULT_LEASE } from "@threadstore/core/documents";
import { AgentError } from "../agent-error.ts";
import type { AbandonedTurn } from "../run/abandon-turn.ts";
import type { OpenTurnPolicy } from "../run/run-options.ts";
import type { OpenTurn, TurnState } from "../thread.ts";
import { findKeyRecord } from "../thread/turn-key.ts";
import { checkAttempts } from "./check-attempts.ts";
import { closeTurn } from "./close-turn.ts";
import type { AnyResult, ConversationSettings } from "./conversation-options.ts";
import type { ConversationEvent, Saved, Settled } from "./conversation.ts";
import { withLease } from "./lease.ts";
import type { StoredConversation, UpdatableThread } from "./stored-conversation.ts";
import { endingOf } from "./turn-ending.ts";
import { resumeTurn, type TurnCall } from "./turn-steps.ts";

/** The policy of a run for each state of an open turn, unless its caller passes one. */
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
  const openTurn = findOpenTurn(target, call);
  if (openTurn === undefined) return { target, resumed: undefined, closed: undefined };
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
    const turn = findOpenTurn(target, call);
    if (turn === undefined) return { target, resumed, closed };
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
    await checkAttempts(target, settings.maxAttempts, { isAsked: false });
    emit({ type: "turn-resuming", turn });
    try {
      resumed = await resumeTurn(settings, target, call, signal);
      emit({ type: "turn-resumed", turn, result: resumed });
    } catch (error) {
      // Without a policy, the input is not rejected because an earlier turn fails and always will.
      if (call.policy !== undefined || endingOf(error, call.signal)?.state !== "failed") throw error;
      hasFailed = true;
      target = await conversation.loadForUpdate(signal);
    }
  }
}

/** Returns the open turn, unless the run is about that turn itself, or about one that ended, by its key. */
function findOpenTurn({ thread }: UpdatableThread, { options }: SettleCall): OpenTurn | undefined {
  const { openTurn } = thread;
  const isOther = openTurn?.key === undefined || openTurn.key !== options?.key;
  return isOther && findKeyRecord(thread, options?.key) === undefined ? openTurn : undefined;
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
