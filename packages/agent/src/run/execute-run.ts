import type { AgentCore } from "../agent-options.ts";
import { TurnContext } from "../context/turn-context.ts";
import type { Protocol } from "../protocol.ts";
import type { ThreadKind } from "../thread/thread-kind.ts";
import type { ThreadState } from "../thread/thread-state.ts";
import { createProgress } from "./progress.ts";
import type { EmitEvent } from "./run-event.ts";
import type { OnProgress } from "./run-options.ts";
import type { RunResult } from "./run-result.ts";
import type { TurnDraft } from "./turn-draft.ts";
import { runTurn } from "./turn-loop.ts";

/** How a run is watched over. */
export interface Watch<Message extends object> {
  readonly signal: AbortSignal;
  /** With it the run is streamed. */
  readonly emit: EmitEvent<Message> | undefined;
}

/** What one run goes by. */
export interface RunSetup<
  Kind extends string,
  Message extends object,
  Usage extends object,
> extends Watch<Message> {
  readonly core: AgentCore<Message>;
  readonly threads: ThreadKind<Kind, Message>;
  readonly thread: ThreadState<Kind, Message>;
  readonly protocol: Protocol<Message, Usage>;
  readonly onProgress: OnProgress | undefined;
}

/** Goes on with the turn that `openTurn` gives, as the only run of the thread, and adds it to the thread. */
export async function executeRun<Kind extends string, Message extends object, Usage extends object>(
  setup: RunSetup<Kind, Message, Usage>,
  openTurn: () => TurnDraft<Message, Usage>,
): Promise<RunResult<ThreadState<Kind, Message>, Message, Usage>> {
  const { core, threads, thread, signal, onProgress } = setup;
  signal.throwIfAborted();
  return thread.runAlone(async () => {
    const before = thread.messages.length;
    const draft = openTurn();
    const progress = createProgress(onProgress, () => thread.snapshot(draft.whileOpen(), draft.id));
    const context = new TurnContext(core, threads, draft, signal);
    const turn = { ...core, ...setup, context, progress };
    const isAccepted = draft.rounds === 0 && before < draft.list.messages.length;
    try {
      if (isAccepted) await progress.report();
      signal.throwIfAborted();
      const answer = await runTurn(draft, turn);
      const isCompleted = draft.calls.length === 0;
      if (isCompleted) await context.observe();
      thread.commit(isCompleted ? draft.completed() : draft.whileOpen());
      return {
        status: isCompleted ? "completed" : "approval-needed",
        approvals: draft.approvals,
        text: setup.protocol.readText(draft.messages),
        refusal: answer?.refusal,
        messages: Object.freeze(thread.messages.slice(before)),
        finishReason: answer?.finishReason,
        usage: draft.usage,
        thread,
      };
    } finally {
      await progress.stop();
    }
  });
}
