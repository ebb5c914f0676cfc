import { ThreadStoreError } from "@threadstore/core";
import { AgentError } from "../agent-error.ts";
import type { ApprovalOptions, RunOptions } from "../run/run-options.ts";
import type { RunStream } from "../run/run-stream.ts";
import type { AnyResult, ConversationSettings } from "./conversation-options.ts";
import type { Saved } from "./conversation.ts";
import { Journal, SAVED_BY_OTHER } from "./journal.ts";
import type { UpdatableThread } from "./stored-conversation.ts";

/** A call of a method of a conversation that works on a turn. */
export interface TurnCall {
  readonly options: RunOptions | undefined;
  /** The caller's signal. */
  readonly signal: AbortSignal;
  /** If present, the run is streamed. */
  readonly emit: ((event: object) => void) | undefined;
}

/** Runs a turn with an input, and saves it. `signal` also aborts if the lease is lost. */
export async function saveNewTurn(
  { agent, journal: isEnabled, keepsStopped, maxAttempts }: ConversationSettings,
  target: UpdatableThread,
  { input, options, emit, signal: callSignal }: TurnCall & { readonly input: unknown },
  signal: AbortSignal,
): Promise<AnyResult & Saved> {
  // Only the turn of the same key: the run continues it.
  const isResumed = target.thread.openTurn !== undefined;
  if (isResumed) checkAttempts(target, maxAttempts);
  const settings = isResumed
    ? { isEnabled: true, keepsStopped: true, isResumed, signal: callSignal }
    : { isEnabled, keepsStopped, isResumed, signal: callSignal };
  const { messages } = target.thread;
  const journal = new Journal(settings, target);
  const runOptions = journal.record({ ...options, signal });
  return journal.protect(async () => {
    const result = await (emit === undefined
      ? agent.run(input, target.thread, runOptions)
      : forward(agent.runStream(input, target.thread, runOptions), emit, journal));
    // A repetition that changed nothing.
    const { stored } = target;
    if (result.repeated && target.thread.messages === messages && stored !== undefined) {
      return { ...result, stored };
    }
    return { ...result, stored: await saveResult(target, result, callSignal) };
  });
}

/**
 * Resumes a turn and saves each step, with or without `journal`: a call that was approved is saved as started before it
 * runs. Should two processes act on one decision in spite of the lease, the second one finds a conflict.
 *
 * Rejects with `TOO_MANY_ATTEMPTS` if the turn did not get further in earlier attempts.
 */
export async function saveResumedTurn(
  { agent, maxAttempts }: ConversationSettings,
  target: UpdatableThread,
  { options, emit, signal: callSignal }: TurnCall & { readonly options: ApprovalOptions | undefined },
  signal: AbortSignal,
): Promise<AnyResult & Saved> {
  const { thread } = target;
  checkAttempts(target, maxAttempts);
  const settings = { isEnabled: true, keepsStopped: true, isResumed: true, signal: callSignal };
  const journal = new Journal(settings, target);
  const runOptions = journal.record({ ...options, signal });
  return journal.protect(async () => {
    const result = await (emit === undefined
      ? agent.resume(thread, runOptions)
      : forward(agent.resumeStream(thread, runOptions), emit, journal));
    return { ...result, stored: await saveResult(target, result, callSignal) };
  });
}

async function forward(
  stream: RunStream<AnyResult, object>,
  emit: (event: object) => void,
  journal: Journal,
): Promise<AnyResult> {
  for await (const event of stream) {
    journal.observe(event);
    emit(event);
  }
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

function checkAttempts({ thread }: UpdatableThread, maximum: number): void {
  if ((thread.openTurn?.attempts ?? 0) < maximum) return;
  const message = `The open turn was resumed ${maximum} times and did not get further. End it with abandon or with openTurn: "close", or raise maxAttempts.`;
  throw new AgentError("TOO_MANY_ATTEMPTS", message);
}
