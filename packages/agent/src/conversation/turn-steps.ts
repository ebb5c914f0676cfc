import { ThreadStoreError } from "@threadstore/core";
import { AgentError } from "../agent-error.ts";
import type { ApprovalOptions, RunOptions } from "../run/run-options.ts";
import type { RunStream } from "../run/run-stream.ts";
import { checkAttempts } from "./check-attempts.ts";
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

/**
 * Runs a turn with an input, and saves it. If the open turn of the thread has the key of the run, it is that turn, and
 * resumed. `signal` also aborts if the lease is lost.
 *
 * Rejects with `TOO_MANY_ATTEMPTS` if the turn did not get further in earlier attempts.
 */
export async function runTurn(
  settings: ConversationSettings,
  target: UpdatableThread,
  call: TurnCall & { readonly input: unknown },
  signal: AbortSignal,
): Promise<AnyResult & Saved> {
  const { agent } = settings;
  const { thread } = target;
  const isResumed = thread.openTurn?.key !== undefined && thread.openTurn.key === call.options?.key;
  if (isResumed) await checkAttempts(target, settings.maxAttempts, { isAsked: false });
  return performTurn(settings, target, { ...call, isResumed }, signal, {
    run: async (options) => agent.run(call.input, thread, options),
    stream: (options) => agent.runStream(call.input, thread, options),
  });
}

/** Resumes the open turn of the thread, and saves it. */
export async function resumeTurn(
  settings: ConversationSettings,
  target: UpdatableThread,
  call: TurnCall & { readonly options: ApprovalOptions | undefined },
  signal: AbortSignal,
): Promise<AnyResult & Saved> {
  const { agent } = settings;
  return performTurn(settings, target, { ...call, isResumed: true }, signal, {
    run: async (options) => agent.resume(target.thread, options),
    stream: (options) => agent.resumeStream(target.thread, options),
  });
}

/** The two ways to let an agent work on a turn. */
interface AgentCall {
  readonly run: (options: RunOptions) => Promise<AnyResult>;
  readonly stream: (options: RunOptions) => RunStream<AnyResult, object>;
}

/**
 * Saves each step of a resumed turn, with or without `journal`: a call that was approved is saved as started before it
 * runs. Should two processes act on one decision in spite of the lease, the second one finds a conflict. A turn with a
 * key is saved from its first calls on: another delivery of its message must find what has run.
 */
async function performTurn(
  { journal, keepsStopped }: ConversationSettings,
  target: UpdatableThread,
  { options, emit, signal: callSignal, isResumed }: TurnCall & { readonly isResumed: boolean },
  signal: AbortSignal,
  { run, stream }: AgentCall,
): Promise<AnyResult & Saved> {
  const hasKey = options?.key !== undefined;
  const recorder = new Journal(
    {
      steps: journal || isResumed ? "all" : hasKey ? "calls" : "none",
      keepsStopped: keepsStopped || isResumed,
      keepsCalls: hasKey,
      isResumed,
      signal: callSignal,
    },
    target,
  );
  const runOptions = recorder.record({ ...options, signal });
  const { messages } = target.thread;
  return recorder.protect(async () => {
    const result = await (emit === undefined ? run(runOptions) : forward(stream(runOptions), emit, recorder));
    const { stored } = target;
    const isUnchanged = result.repeated && target.thread.messages === messages;
    if (isUnchanged && stored !== undefined) return { ...result, stored };
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
