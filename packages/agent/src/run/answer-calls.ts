import type { Protocol } from "../protocol.ts";
import type { Thread } from "../thread/thread.ts";
import { planCall, type CallPlan, type ToolAnswer } from "../tools/tool-calls.ts";
import type { Tool, ToolContext } from "../tools/tool.ts";
import type { Progress } from "./progress.ts";
import type { ToolEvent } from "./run-event.ts";
import { recordCall, type DraftCall, type TurnDraft } from "./turn-draft.ts";
import { untilAborted } from "./until-aborted.ts";

/** What the calls of one answer are answered with. */
export interface AnswerSetup<Message extends object> {
  readonly protocol: Pick<Protocol<Message, object>, "toToolResult">;
  readonly tools: ReadonlyMap<string, Tool>;
  readonly thread: Thread;
  readonly signal: AbortSignal;
  readonly progress: Progress;
  readonly emit: (event: ToolEvent) => void;
}

/**
 * Answers the open calls of the last answer, those that may run at once and at the same time, and makes
 * messages of the results, in the order of the calls. Calls that wait for approval stay open. Rejects with the
 * signal's reason as soon as it is aborted, or with the error of `onProgress`.
 */
export async function answerCalls<Message extends object>(
  draft: TurnDraft<Message, object>,
  setup: AnswerSetup<Message>,
): Promise<readonly Message[]> {
  const { signal, progress } = setup;
  signal.throwIfAborted();
  // Tools that run while the run fails are told to stop, too.
  const failure = new AbortController();
  const toolSignal = AbortSignal.any([signal, failure.signal]);
  try {
    const planning = draft.calls.map(async (entry) => {
      const context = toContext(entry, draft, setup, toolSignal);
      return { entry, plan: await planCall(entry.call, entry.record, setup.tools, context) };
    });
    const planned = await untilAborted(Promise.all(planning), signal);
    for (const { entry, plan } of planned) takeUp(entry, plan, setup);
    await progress.report();
    signal.throwIfAborted();
    const running = planned.map(async ({ entry, plan }) => {
      if (plan.step !== "run") return;
      const answer = await plan.run();
      if (toolSignal.aborted) return;
      give(entry, answer, setup);
      await progress.report();
    });
    await untilAborted(Promise.all(running), signal);
  } catch (error) {
    failure.abort(error);
    throw error;
  }
  return draft.settleCalls();
}

function toContext<Message extends object>(
  { call }: DraftCall<Message>,
  draft: TurnDraft<Message, object>,
  { thread }: AnswerSetup<Message>,
  signal: AbortSignal,
): ToolContext {
  // Neither the call's id, which a server may give again in the next round, and which may be any text.
  const operationId = `${draft.id}.${draft.rounds}.${call.index}`;
  return { signal, callId: call.callId, operationId, thread };
}

/** Records what is to be done with a call, so that the next snapshot tells of it before it is done. */
function takeUp<Message extends object>(
  entry: DraftCall<Message>,
  plan: CallPlan,
  setup: AnswerSetup<Message>,
): void {
  const { callId, name, arguments: text } = entry.call;
  if (plan.step === "wait") {
    entry.record = recordCall(entry.call, "approval-needed");
    setup.emit({ type: "approval-needed", callId, name, arguments: text });
    return;
  }
  if (plan.step === "run" || plan.called) setup.emit({ type: "tool-call", callId, name, arguments: text });
  if (plan.step === "run") entry.record = recordCall(entry.call, "started");
  else give(entry, plan.answer, setup);
}

function give<Message extends object>(
  entry: DraftCall<Message>,
  { content, isError }: ToolAnswer,
  { protocol, emit }: AnswerSetup<Message>,
): void {
  const { callId, name } = entry.call;
  entry.result = protocol.toToolResult(entry.call, content);
  emit({ type: "tool-result", callId, name, content, isError });
}
