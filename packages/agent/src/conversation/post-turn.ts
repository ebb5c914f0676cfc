import { ThreadStoreError } from "@threadstore/core";
import { AgentError } from "../agent-error.ts";
import type { ApprovalOptions, RunOptions } from "../run/run-options.ts";
import type { RunStream } from "../run/run-stream.ts";
import type { Thread } from "../thread/thread.ts";
import { appendMessages, turnToAppend } from "./append.ts";
import type { AnyResult, ConversationSettings } from "./conversation-options.ts";
import type { ConversationEvent, Saved } from "./conversation.ts";
import { Journal, savedByAnother } from "./journal.ts";
import { withLease } from "./lease.ts";
import type { CheckedOut, StoredConversation } from "./stored-conversation.ts";

// Each lost race means that somebody else's turn was saved, so that all of them together make progress.
const mostAttempts = 100;

/** One call of a conversation. */
interface Resumption {
  readonly given: (RunOptions & ApprovalOptions) | undefined;
  readonly signal: AbortSignal;
  /** With it the run is streamed. */
  readonly emit: ((event: object) => void) | undefined;
}

interface Posting extends Resumption {
  readonly input: unknown;
}

/** Loads the thread, runs the agent with the input, and saves. */
export async function postTurn(
  settings: ConversationSettings,
  conversation: StoredConversation,
  { input, given, emit, signal: callers }: Posting,
): Promise<AnyResult & Saved> {
  const { agent } = settings;
  return withLease(settings, callers, async (signal) => {
    for (let attempt = 1; ; attempt += 1) {
      const copy = await conversation.checkOut(signal);
      if (settings.journal && isCutOff(copy.thread)) {
        await saveResult(copy, await resumed(settings, copy, { given, emit, signal }), callers);
      }
      const before = copy.thread.messages.length;
      const journal = new Journal(settings.journal, copy);
      const options = journal.watch({ ...given, signal });
      const result = await journal.keep(async () =>
        emit === undefined
          ? agent.run(input, copy.thread, options)
          : forward(agent.runStream(input, copy.thread, options), emit),
      );
      try {
        return { ...result, stored: await saveResult(copy, result, callers) };
      } catch (error) {
        // Whoever has taken over a journaled turn has its beginning already.
        const policy = settings.journal ? "reject" : settings.onConflict;
        if (!AgentError.is(error, "CONVERSATION_CONFLICT") || policy === "reject") throw error;
        if (policy === "rebase") return rebase(conversation, result, before, callers);
        if (attempt >= mostAttempts) throw error;
        const retry: ConversationEvent = { type: "retry", attempt: attempt + 1 };
        emit?.(retry);
      }
    }
  });
}

/** Goes on with the stored thread's open turn, and saves. */
export async function resumeTurn(
  settings: ConversationSettings,
  conversation: StoredConversation,
  { given, emit, signal: callers }: Resumption,
): Promise<AnyResult & Saved> {
  return withLease(settings, callers, async (signal) => {
    const copy = await conversation.checkOut(signal);
    const result = await resumed(settings, copy, { given, emit, signal });
    return { ...result, stored: await saveResult(copy, result, callers) };
  });
}

/** Whether a process died in the middle of the thread's last turn. */
function isCutOff(thread: Thread): boolean {
  return thread.openTurn !== undefined && thread.openTurn.approvals.length === 0;
}

async function resumed(
  { agent, journal: isJournaled }: ConversationSettings,
  copy: CheckedOut,
  { given, emit, signal }: Resumption,
): Promise<AnyResult> {
  const journal = new Journal(isJournaled, copy);
  const options = journal.watch({ ...given, signal });
  return emit === undefined
    ? agent.resume(copy.thread, options)
    : forward(agent.resumeStream(copy.thread, options), emit);
}

async function forward(
  stream: RunStream<AnyResult, object>,
  emit: (event: object) => void,
): Promise<AnyResult> {
  for await (const event of stream) emit(event);
  return stream.result;
}

/**
 * Saves a finished turn. That the lease was lost meanwhile does not matter: the version decides. Rejects with
 * `CONVERSATION_CONFLICT` or `SAVE_FAILED`, which hold the turn, or with the signal's reason.
 */
async function saveResult(
  copy: CheckedOut,
  result: AnyResult,
  signal: AbortSignal,
): Promise<Saved["stored"]> {
  try {
    return await copy.save(copy.thread.serializeParts(), signal);
  } catch (cause) {
    if (!ThreadStoreError.is(cause)) throw cause;
    if (cause.code === "CONFLICT") {
      const remedy = "The turn is this error's `result`: append its messages, or run again.";
      throw new AgentError("CONVERSATION_CONFLICT", `${savedByAnother} ${remedy}`, { cause, result });
    }
    const message = `The turn ended well and could not be saved (${cause.code}): see the cause. The turn is this error's \`result\`: append its messages.`;
    throw new AgentError("SAVE_FAILED", message, { cause, result });
  }
}

async function rebase(
  conversation: StoredConversation,
  result: AnyResult,
  before: number,
  signal: AbortSignal,
): Promise<AnyResult & Saved> {
  try {
    const turn = turnToAppend(result.thread, before);
    return { ...result, ...(await appendMessages(conversation, result.messages, signal, turn)) };
  } catch (error) {
    if (!AgentError.is(error, "CONVERSATION_CONFLICT")) throw error;
    throw new AgentError("CONVERSATION_CONFLICT", `${error.message} The turn is this error's \`result\`.`, {
      result,
    });
  }
}
