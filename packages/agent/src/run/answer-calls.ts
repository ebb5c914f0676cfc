import { untilAborted, yieldToEventLoop } from "@threadstore/core/documents";
import type { Thread } from "../thread.ts";
import { toPendingApproval } from "../thread/pending-approval.ts";
import type { CallRecord } from "../thread/turn-record.ts";
import { isApproved, planCall, type CallPlan, type ToolAnswer } from "../tools/plan-call.ts";
import type { Tool, ToolContext } from "../tools/tool.ts";
import type { ProgressReporter } from "./progress.ts";
import type { Model } from "./protocol.ts";
import type { ToolEvent } from "./run-event.ts";
import { recordCall, type DraftCall, type TurnDraft } from "./turn-draft.ts";

export interface AnswerOptions<Message extends object> {
  readonly model: Pick<Model<Message, object>, "toToolResult">;
  readonly tools: ReadonlyMap<string, Tool>;
  readonly thread: Thread;
  readonly signal: AbortSignal;
  readonly progress: ProgressReporter;
  readonly emit: (event: ToolEvent) => void;
}

/**
 * Answers the open calls of the last response concurrently, except for those that wait for approval, and returns
 * their results as messages in the order of the calls. Rejects with the signal's reason in the tick after it aborts, or
 * with the error of `onProgress`. Results of tools that have returned until then are reported.
 */
export async function answerCalls<Message extends object>(
  draft: TurnDraft<Message, object>,
  options: AnswerOptions<Message>,
): Promise<readonly Message[]> {
  const { signal, progress } = options;
  signal.throwIfAborted();
  // Also stops the running tools if the run fails.
  const failure = new AbortController();
  const toolSignal = AbortSignal.any([signal, failure.signal]);
  let hasEnded = false;
  try {
    const planning = draft.calls.map(async (entry) => {
      const context = toContext(entry, draft, options, toolSignal);
      return { entry, plan: await planCall(entry.call, entry.record, options.tools, context) };
    });
    const planned = await untilAborted(Promise.all(planning), signal);
    for (const { entry, plan } of planned) applyPlan(entry, plan, draft, options);
    await progress.report();
    signal.throwIfAborted();
    draft.hasRunApproved ||= planned.some(
      ({ entry, plan }) => plan.step === "run" && isApproved(entry.record),
    );
    const running = planned.map(async ({ entry, plan }) => {
      if (plan.step !== "run") return;
      const answer = await plan.run();
      // After an abort, an error most often comes from the abort, and the effect of the tool is unknown.
      if (hasEnded || (answer.isError && toolSignal.aborted)) return;
      // The text of a tool's error may come from a page or a file, which must not become an instruction.
      setResult(draft, entry, answer, options, "The tool failed.");
      await progress.report();
    });
    await untilAborted(Promise.all(running), signal);
  } catch (error) {
    failure.abort(error);
    // Tools that returned in the same tick have done their work, and must not run again.
    await yieldToEventLoop();
    hasEnded = true;
    throw error;
  }
  return draft.addResults();
}

function toContext<Message extends object>(
  { call }: DraftCall<Message>,
  draft: TurnDraft<Message, object>,
  { thread }: AnswerOptions<Message>,
  signal: AbortSignal,
): ToolContext {
  // Without the call's id: a server may use it again in the next round, and it may be any text.
  const operationId = `${draft.id}.${draft.rounds}.${call.index}`;
  return { signal, callId: call.callId, operationId, thread };
}

/** Records the next step for a call, so that the next snapshot contains it before it happens. */
function applyPlan<Message extends object>(
  entry: DraftCall<Message>,
  plan: CallPlan,
  draft: TurnDraft<Message, object>,
  options: AnswerOptions<Message>,
): void {
  const { callId, name, arguments: text } = entry.call;
  if (plan.step === "wait") {
    entry.record = recordCall(entry.call, "approval-needed");
    options.emit({ type: "approval-needed", ...toPendingApproval(draft, entry.call) });
    return;
  }
  if (plan.step === "run" || plan.called) {
    options.emit({ type: "tool-call", callId, name, arguments: text });
  }
  if (plan.step === "run") entry.record = recordStart(entry);
  else setResult(draft, entry, plan.answer, options, plan.answer.content);
}

/** Keeps the approval, so that the call can run again after an interruption. */
function recordStart({ call, record }: DraftCall<object>): CallRecord {
  const started = recordCall(call, "started");
  return isApproved(record) ? { ...started, approved: true } : started;
}

/** `note` tells the model why there is no result if the message for it has no place for that. */
function setResult<Message extends object>(
  draft: TurnDraft<Message, object>,
  entry: DraftCall<Message>,
  { content, isError }: ToolAnswer,
  { model, emit }: AnswerOptions<Message>,
  note: string,
): void {
  const { callId, name, hidesErrors } = entry.call;
  if (isError && hidesErrors === true) draft.addNote(`The result of call ${callId} of ${name}: ${note}`);
  entry.result = model.toToolResult(entry.call, content, isError);
  emit({ type: "tool-result", callId, name, content, isError });
}
