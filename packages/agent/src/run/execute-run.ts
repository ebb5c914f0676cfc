import type { RunResult } from "../run-result.ts";
import type { ThreadKind } from "../thread/thread-kind.ts";
import type { ThreadState } from "../thread/thread-state.ts";
import { createProgressReporter } from "./progress.ts";
import type { Model } from "./protocol.ts";
import type { EmitEvent } from "./run-event.ts";
import type { OnProgress } from "./run-options.ts";
import type { RunSettings } from "./run-settings.ts";
import { runTurn } from "./run-turn.ts";
import { TurnContext } from "./turn-context.ts";
import type { TurnDraft } from "./turn-draft.ts";
import { hasApproved } from "./withdraw-results.ts";

/** The caller's connection to a run. */
export interface RunControl<Message extends object> {
  readonly signal: AbortSignal;
  /** If present, the run is streamed. */
  readonly emit: EmitEvent<Message> | undefined;
}

export interface RunSetup<
  Kind extends string,
  Message extends object,
  Usage extends object,
> extends RunControl<Message> {
  readonly settings: RunSettings<Message>;
  readonly threads: ThreadKind<Kind, Message>;
  readonly thread: ThreadState<Kind, Message>;
  readonly model: Model<Message, Usage>;
  readonly onProgress: OnProgress | undefined;
}

/**
 * Keeps the effects of a failed run that cannot be undone. If a tool ran because its call was approved, or if the service
 * received an approval of a call that it runs, the turn stays as it is now, so that the same decision does not run the
 * call twice. If the service added to its copy of the conversation, the thread only keeps that.
 */
function keepEffects<Message extends object>(
  thread: ThreadState<string, Message>,
  threads: ThreadKind<string, Message>,
  draft: TurnDraft<Message, object>,
): void {
  const { serviceIfDiscarded: service } = draft;
  const hasSent = hasApproved(draft.messages.slice(draft.input ?? 0), thread.messages, threads);
  if (draft.hasRunApproved || hasSent) thread.commit(draft.toOpenRevision());
  else if (service !== undefined && thread.revision.service !== undefined) {
    thread.commit({ ...thread.revision, service });
  }
}

/** Continues the turn that `openTurn` returns, as the only run of the thread, and commits it to the thread. */
export async function executeRun<Kind extends string, Message extends object, Usage extends object>(
  setup: RunSetup<Kind, Message, Usage>,
  openTurn: () => TurnDraft<Message, Usage>,
): Promise<RunResult<ThreadState<Kind, Message>, Message, Usage>> {
  const { settings, threads, thread, model, signal, onProgress } = setup;
  signal.throwIfAborted();
  return thread.runExclusively(async () => {
    const previousLength = thread.messages.length;
    const draft = openTurn();
    const progress = createProgressReporter(onProgress, () =>
      thread.snapshot(draft.toOpenRevision(), draft.id),
    );
    const context = new TurnContext(settings, threads, draft, signal);
    try {
      // The input, or one more attempt. Before calls run, they are reported themselves.
      if (draft.calls.length === 0) await progress.report();
      signal.throwIfAborted();
      const response = await runTurn(draft, { ...settings, ...setup, context, progress });
      const isCompleted = draft.calls.length === 0;
      if (isCompleted) await context.observe();
      thread.commit(isCompleted ? draft.toCompletedRevision(response) : draft.toOpenRevision());
      return {
        status: isCompleted ? "completed" : "approval-needed",
        approvals: draft.approvals,
        text: model.readText(draft.messages),
        refusal: response?.refusal,
        messages: Object.freeze(thread.messages.slice(previousLength)),
        finishReason: response?.finishReason,
        usage: draft.usage,
        leftOut: draft.leftOut,
        thread,
        repeated: false,
      };
    } catch (error) {
      keepEffects(thread, threads, draft);
      throw error;
    } finally {
      await progress.stop();
    }
  });
}
