import { DEFAULT_LEASE, type JsonObject } from "@threadstore/core/documents";
import { AgentError, invalidValue } from "../agent-error.ts";
import type { AbandonedTurn, AbandonOptions } from "../run/abandon-turn.ts";
import { type ApprovalDecision, type ApprovalOptions, OPEN_TURN_POLICIES } from "../run/run-options.ts";
import type { Thread } from "../thread.ts";
import { findKeyRecord } from "../thread/turn-key.ts";
import { appendMessages, turnToAppend } from "./append-messages.ts";
import { checkAttempts } from "./check-attempts.ts";
import { closeTurn } from "./close-turn.ts";
import type { AnyResult, ConversationSettings } from "./conversation-options.ts";
import { type ConversationEvent, type Saved, type Settled } from "./conversation.ts";
import { discardedReference, noteDiscarded, withoutDiscarded } from "./discarded-turn.ts";
import { withLease } from "./lease.ts";
import { settleTurn } from "./settle-turn.ts";
import { MAX_RACES, type StoredConversation } from "./stored-conversation.ts";
import { resumeTurn, runTurn, type TurnCall } from "./turn-steps.ts";

type AnySettled = Settled<AnyResult & Saved, object>;

/** A call of `run` of a conversation. */
interface RunCall extends TurnCall {
  readonly input: unknown;
}

/** Loads the thread, ends its open turn, runs the agent with the input, and saves. */
export async function runAndSave(
  settings: ConversationSettings,
  conversation: StoredConversation,
  call: RunCall,
): Promise<AnyResult & Saved & AnySettled> {
  const { emit, signal: callSignal } = call;
  const { openTurn: policy, ...options } = call.options ?? {};
  if (policy !== undefined && !OPEN_TURN_POLICIES.includes(policy)) {
    throw invalidValue("INVALID_ARGUMENT", "openTurn", '"resume", "close" or "reject"');
  }
  // Two deliveries of one message must not start a turn each.
  const lease = settings.lease ?? (options.key === undefined ? undefined : DEFAULT_LEASE);
  const leased = { ...settings, lease };
  return withLease(leased, callSignal, async (signal) => {
    let earlier: AnySettled = { resumed: undefined, closed: undefined };
    let discarded: JsonObject | undefined;
    for (let attempt = 1; ; attempt += 1) {
      const current = await conversation.loadForUpdate(signal);
      const loaded = await withoutDiscarded(conversation, current, discarded);
      const settleCall = { options, policy, emit, signal: callSignal };
      const { target, resumed, closed } = await settleTurn(leased, conversation, loaded, settleCall, signal);
      earlier = { resumed: resumed ?? earlier.resumed, closed: closed ?? earlier.closed };
      const previousLength = target.thread.messages.length;
      const previous = target.stored?.json;
      try {
        return { ...(await runTurn(settings, target, { ...call, options }, signal)), ...earlier };
      } catch (error) {
        if (!AgentError.is(error, "CONVERSATION_CONFLICT")) throw error;
        // A process that takes over a turn already has the steps that were saved.
        const isSaved = settings.journal || target.stored?.json !== previous;
        const { result } = error;
        discarded = discardedReference(target.thread, error);
        // Before the first calls of a turn with a key, nothing has run.
        const isFinal = result === undefined && options.key === undefined;
        if (isSaved || isFinal || settings.onConflict === "reject") {
          await noteDiscarded(conversation, discarded, callSignal);
          throw error;
        }
        if (result !== undefined && settings.onConflict === "rebase") {
          const added = { result, previousLength, key: options.key, wasStored: previous !== undefined };
          return { ...(await rebase(leased, conversation, added, callSignal)), ...earlier };
        }
        if (attempt >= MAX_RACES) throw error;
        const retry: ConversationEvent = { type: "retry", attempt: attempt + 1 };
        emit?.(retry);
      }
    }
  });
}

/** Loads the thread, resumes its open turn under a lease, and saves. */
export async function resumeAndSave(
  settings: ConversationSettings,
  conversation: StoredConversation,
  call: TurnCall & { readonly options: ApprovalOptions | undefined },
): Promise<AnyResult & Saved> {
  const loaded = await conversation.loadForUpdate(call.signal);
  // Without loading it again: a turn that another process opens now must not be resumed without the lease.
  if (!canResume(loaded.thread, call.options?.approvals ?? [])) {
    return resumeTurn(settings, loaded, call, call.signal);
  }
  return withTurnLease(settings, call.signal, async (signal) => {
    const target = await conversation.loadForUpdate(signal);
    await checkAttempts(target, settings.maxAttempts, { isAsked: true });
    return resumeTurn(settings, target, call, signal);
  });
}

/** Loads the thread, ends its open turn under a lease, and saves. */
export async function abandonAndSave(
  settings: ConversationSettings,
  conversation: StoredConversation,
  { signal = new AbortController().signal, ...options }: AbandonOptions & { readonly signal?: AbortSignal },
): Promise<AbandonedTurn & { readonly stored: Saved["stored"] | undefined }> {
  return withTurnLease(settings, signal, async (leaseSignal) => {
    const loaded = await conversation.loadForUpdate(leaseSignal);
    const { target, abandoned } = await closeTurn(settings, conversation, loaded, options, leaseSignal);
    return { ...abandoned, stored: target.stored };
  });
}

/** Performs `work` under the lease that every work on an open turn needs. */
async function withTurnLease<Result>(
  settings: ConversationSettings,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  return withLease({ ...settings, lease: settings.lease ?? DEFAULT_LEASE }, signal, work);
}

/** Returns whether the turn waits for all of the decisions. Others are rejected without waiting for the lease. */
function canResume({ openTurn }: Thread, approvals: readonly ApprovalDecision[]): boolean {
  if (openTurn === undefined || !Array.isArray(approvals)) return false;
  const waiting = new Set(openTurn.approvals.map(({ digest }) => digest));
  return approvals.every((decision: Partial<ApprovalDecision> | null) => waiting.has(decision?.digest ?? ""));
}

/** A completed turn that another writer preceded. */
interface CompletedTurn {
  readonly result: AnyResult;
  /** The number of messages before it. */
  readonly previousLength: number;
  readonly key: string | undefined;
  /** Whether the thread was stored when it started. */
  readonly wasStored: boolean;
}

async function rebase(
  settings: ConversationSettings,
  conversation: StoredConversation,
  { result, previousLength, key, wasStored }: CompletedTurn,
  callSignal: AbortSignal,
): Promise<AnyResult & Saved> {
  const turn = turnToAppend(result.thread, previousLength);
  const keyRecord = findKeyRecord(result.thread, key);
  const append = async (signal: AbortSignal): Promise<AnyResult & Saved> => ({
    ...result,
    ...(await appendMessages(conversation, result.messages, signal, { turn, keyRecord, wasStored })),
  });
  // The open turn can be one that works under the lease, such as that of a run with a key. Waits for its end.
  const wait = async (error: unknown): Promise<AnyResult & Saved> => {
    if (settings.lease !== undefined || !AgentError.is(error, "CONVERSATION_CONFLICT")) throw error;
    return withTurnLease(settings, callSignal, append);
  };
  try {
    return await append(callSignal).catch(wait);
  } catch (error) {
    const isBusy = AgentError.is(error, "CONVERSATION_BUSY");
    if (!isBusy && !AgentError.is(error, "CONVERSATION_CONFLICT")) throw error;
    const message = `${error.message} The completed turn is this error's \`result\`.`;
    throw new AgentError("CONVERSATION_CONFLICT", message, { result });
  }
}
