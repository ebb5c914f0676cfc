import { AgentError } from "../agent-error.ts";
import type { TurnContext } from "../context/turn-context.ts";
import type { ModelAnswer, Protocol } from "../protocol.ts";
import type { Thread } from "../thread/thread.ts";
import type { Tool } from "../tools/tool.ts";
import { answerCalls } from "./answer-calls.ts";
import type { Progress } from "./progress.ts";
import type { EmitEvent } from "./run-event.ts";
import type { TurnDraft } from "./turn-draft.ts";

/** What a turn goes by. */
export interface TurnSetup<Message extends object, Usage extends object> {
  readonly protocol: Protocol<Message, Usage>;
  readonly context: TurnContext<Message>;
  readonly tools: ReadonlyMap<string, Tool>;
  readonly maxToolRounds: number;
  readonly thread: Thread;
  readonly signal: AbortSignal;
  readonly progress: Progress;
  /** With it the model's answers are streamed. */
  readonly emit: EmitEvent<Message> | undefined;
}

/** The model's last answer in this run; `undefined` if it was not asked. */
export type LastAnswer<Message extends object, Usage extends object> =
  | ModelAnswer<Message, Usage>
  | undefined;

/**
 * Goes on with a turn: answers the calls that are open, and asks the model, until it answers without a call or
 * all calls that are left wait for approval.
 */
export async function runTurn<Message extends object, Usage extends object>(
  draft: TurnDraft<Message, Usage>,
  setup: TurnSetup<Message, Usage>,
): Promise<LastAnswer<Message, Usage>> {
  const emit = setup.emit ?? ignoreEvent;
  let answer: LastAnswer<Message, Usage>;
  for (;;) {
    if (draft.calls.length > 0) {
      for (const message of await answerCalls(draft, { ...setup, emit })) emit({ type: "message", message });
      if (draft.calls.length > 0) return answer;
    }
    const seen = await setup.context.see();
    const { tools, signal } = setup;
    const request = { ...seen, tools, isFirst: draft.rounds === 0, service: draft.service, signal };
    answer = await setup.protocol.ask({ ...request, emit: setup.emit });
    draft.addAnswer(answer);
    for (const message of answer.messages) emit({ type: "message", message });
    if (answer.calls.length === 0) return answer;
    if (draft.rounds > setup.maxToolRounds) throw tooManyRounds(setup.maxToolRounds);
  }
}

function ignoreEvent(): void {
  // A run that is not streamed has nobody to tell.
}

function tooManyRounds(maximum: number): AgentError {
  const message = `The model still called tools after ${maximum} rounds of them, so the run was given up. The thread is as it was before; what the tools did is done. Raise maxToolRounds if the task needs more.`;
  return new AgentError("TOO_MANY_TOOL_ROUNDS", message);
}
