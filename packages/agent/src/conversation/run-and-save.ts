import { ThreadStoreError } from "@threadstore/core";
import { AgentError } from "../agent-error.ts";
import type { ApprovalDecision, ApprovalOptions, RunOptions } from "../run/run-options.ts";
import type { RunStream } from "../run/run-stream.ts";
import type { Thread } from "../thread/thread.ts";
import { appendMessages, turnToAppend } from "./append-messages.ts";
import { type AnyResult, type ConversationSettings, DEFAULT_LEASE } from "./conversation-options.ts";
import type { ConversationEvent, Saved } from "./conversation.ts";
import { Journal, SAVED_BY_OTHER } from "./journal.ts";
import { withLease } from "./lease.ts";
import type { StoredConversation, UpdatableThread } from "./stored-conversation.ts";

// Each lost race means that another writer's turn was saved, so together they always make progress.
const MAX_ATTEMPTS = 100;

/** A call of `resume` of a conversation. */
interface ResumeCall {
  readonly options: (RunOptions & ApprovalOptions) | undefined;
  readonly signal: AbortSignal;
  /** If present, the run is streamed. */
  readonly emit: ((event: object) => void) | undefined;
}

/** A call of `run` of a conversation. */
interface RunCall extends ResumeCall {
  readonly input: unknown;
}

/** Loads the thread, runs the agent with the input, and saves. */
export async function runAndSave(
  settings: ConversationSettings,
  conversation: StoredConversation,
  { input, options, emit, signal: callSignal }: RunCall,
): Promise<AnyResult & Saved> {
  const { agent } = settings;
  return withLease(settings, callSignal, async (signal) => {
    for (let attempt = 1; ; attempt += 1) {
      const target = await conversation.loadForUpdate(signal);
      if (settings.journal && isInterrupted(target.thread)) {
        await saveResult(target, await resume(settings, target, { options, emit, signal }), callSignal);
      }
      const previousLength = target.thread.messages.length;
      const journal = new Journal(settings.journal, target);
      const runOptions = journal.record({ ...options, signal });
      const result = await journal.protect(async () =>
        emit === undefined
          ? agent.run(input, target.thread, runOptions)
          : forward(agent.runStream(input, target.thread, runOptions), emit),
      );
      try {
        return { ...result, stored: await saveResult(target, result, callSignal) };
      } catch (error) {
        // A process that takes over a journaled turn already has its beginning.
        const policy = settings.journal ? "reject" : settings.onConflict;
        if (!AgentError.is(error, "CONVERSATION_CONFLICT") || policy === "reject") throw error;
        if (policy === "rebase") return rebase(conversation, result, previousLength, callSignal);
        if (attempt >= MAX_ATTEMPTS) throw error;
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
  { options, emit, signal: callSignal }: ResumeCall,
): Promise<AnyResult & Saved> {
  const perform = async (target: UpdatableThread, signal: AbortSignal): Promise<AnyResult & Saved> => {
    const result = await resume(settings, target, { options, emit, signal });
    return { ...result, stored: await saveResult(target, result, callSignal) };
  };
  const loaded = await conversation.loadForUpdate(callSignal);
  // Without loading it again: a turn that another process opens now must not be resumed without the lease.
  if (!canResume(loaded.thread, options?.approvals ?? [])) return perform(loaded, callSignal);
  const lease = settings.lease ?? DEFAULT_LEASE;
  return withLease({ ...settings, lease }, callSignal, async (signal) =>
    perform(await conversation.loadForUpdate(signal), signal),
  );
}

/** Returns whether the turn waits for all of the decisions. Others are refused without waiting for the lease. */
function canResume({ openTurn }: Thread, approvals: readonly ApprovalDecision[]): boolean {
  if (openTurn === undefined || !Array.isArray(approvals)) return false;
  const waiting = new Set(openTurn.approvals.map(({ digest }) => digest));
  return approvals.every((decision: Partial<ApprovalDecision> | null) => waiting.has(decision?.digest ?? ""));
}

/** Returns whether a process died during the thread's last turn. */
function isInterrupted({ openTurn }: Thread): boolean {
  return openTurn !== undefined && openTurn.approvals.length === 0;
}

/**
 * Resumes a turn and saves each step, with or without `journal`: a call that was approved is saved as started before it
 * runs. Should two processes act on one decision in spite of the lease, the second one finds a conflict.
 */
async function resume(
  { agent }: ConversationSettings,
  target: UpdatableThread,
  { options, emit, signal }: ResumeCall,
): Promise<AnyResult> {
  const journal = new Journal(true, target);
  const runOptions = journal.record({ ...options, signal });
  return emit === undefined
    ? agent.resume(target.thread, runOptions)
    : forward(agent.resumeStream(target.thread, runOptions), emit);
}

async function forward(
  stream: RunStream<AnyResult, object>,
  emit: (event: object) => void,
): Promise<AnyResult> {
  for await (const event of stream) emit(event);
  return stream.result;
}

/**
 * Saves a completed turn, even if the lease was lost in the meantime: the version decides. Rejects with
 * `CONVERSATION_CONFLICT` or `SAVE_FAILED`, which contain the turn, or with the signal's reason.
 */
async function saveResult(
  target: UpdatableThread,
  result: AnyResult,
  signal: AbortSignal,
): Promise<Saved["stored"]> {
  try {
    return await target.save(await target.thread.serialize(), signal);
  } catch (cause) {
    if (!ThreadStoreError.is(cause)) throw cause;
    if (cause.code === "CONFLICT") {
      const remedy = "Append the messages of this error's `result`, or run again.";
      throw new AgentError("CONVERSATION_CONFLICT", `${SAVED_BY_OTHER} ${remedy}`, { cause, result });
    }
    const message = `The completed turn could not be saved (${cause.code}). Append the messages of this error's \`result\`; see the cause.`;
    throw new AgentError("SAVE_FAILED", message, { cause, result });
  }
}

async function rebase(
  conversation: StoredConversation,
  result: AnyResult,
  previousLength: number,
  signal: AbortSignal,
): Promise<AnyResult & Saved> {
  try {
    const turn = turnToAppend(result.thread, previousLength);
    return { ...result, ...(await appendMessages(conversation, result.messages, signal, turn)) };
  } catch (error) {
    if (!AgentError.is(error, "CONVERSATION_CONFLICT")) throw error;
    const message = `${error.message} The completed turn is this error's \`result\`.`;
    throw new AgentError("CONVERSATION_CONFLICT", message, { result });
  }
}
