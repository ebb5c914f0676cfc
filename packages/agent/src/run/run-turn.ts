import type { JsonObject } from "@threadstore/core/documents";
import { AgentError } from "../agent-error.ts";
import type { Thread } from "../thread.ts";
import type { ThreadKind } from "../thread/thread-kind.ts";
import type { Tool } from "../tools/tool.ts";
import { answerCalls } from "./answer-calls.ts";
import { askModel } from "./ask-model.ts";
import type { ProgressReporter } from "./progress.ts";
import type { Model, ModelResponse } from "./protocol.ts";
import type { EmitEvent } from "./run-event.ts";
import type { TurnContext } from "./turn-context.ts";
import type { TurnDraft } from "./turn-draft.ts";
import { withdrawResults } from "./withdraw-results.ts";

export interface TurnOptions<Message extends object, Usage extends object> {
  readonly threads: ThreadKind<string, Message>;
  readonly model: Model<Message, Usage>;
  readonly context: TurnContext<Message>;
  readonly tools: ReadonlyMap<string, Tool>;
  readonly maxToolRounds: number;
  readonly thread: Thread;
  readonly signal: AbortSignal;
  readonly progress: ProgressReporter;
  /** If present, the model's responses are streamed. */
  readonly emit: EmitEvent<Message> | undefined;
}

/** The model's last response in this run; `undefined` if the run did not send a request. */
export type LastResponse<Message extends object, Usage extends object> =
  | ModelResponse<Message, Usage>
  | undefined;

/**
 * Continues a turn: answers the open calls and sends requests to the model, until it responds without a call or all
 * remaining calls wait for approval.
 */
export async function runTurn<Message extends object, Usage extends object>(
  draft: TurnDraft<Message, Usage>,
  options: TurnOptions<Message, Usage>,
): Promise<LastResponse<Message, Usage>> {
  const emit = options.emit ?? ignoreEvent;
  let response: LastResponse<Message, Usage>;
  for (;;) {
    if (draft.calls.length > 0) {
      for (const message of await answerCalls(draft, { ...options, emit })) {
        emit({ type: "message", message });
      }
      if (draft.calls.length > 0) return response;
    }
    const context = await options.context.assemble();
    const instructions = [...context.instructions, ...draft.notes];
    const { tools, signal } = options;
    const request = {
      ...context,
      instructions,
      tools,
      isFirst: draft.rounds === 0,
      service: draft.service,
      onAdded: (service: JsonObject) => draft.noteAdded(service),
      signal,
    };
    const { unaccepted } = draft;
    try {
      response = await askModel(draft, { ...request, emit: options.emit }, options);
    } catch (error) {
      await reportRejection(draft, error, options);
      // The service began to respond: what it has accepted or added must not be forgotten.
      if (draft.unaccepted !== unaccepted || draft.isBehind) {
        await Promise.allSettled([options.progress.report()]);
      }
      throw error;
    }
    for (const message of response.messages) emit({ type: "message", message });
    const isLast = response.calls.length === 0;
    // Calls that must not run are not added: the turn stays as it can be continued or ended.
    if (!isLast && draft.rounds >= options.maxToolRounds) throw tooManyRounds(options.maxToolRounds);
    draft.addResponse(response);
    if (isLast) return response;
  }
}

/** The statuses of requests that a service has not processed. */
const REJECTIONS: ReadonlySet<number | undefined> = new Set([400, 401, 403, 404, 413, 422, 429]);

/** Reports that the service rejected results that let it run calls: the next attempt can send them again. */
async function reportRejection<Message extends object>(
  draft: TurnDraft<Message, object>,
  error: unknown,
  { threads, progress }: Pick<TurnOptions<Message, object>, "progress" | "threads">,
): Promise<void> {
  if (!AgentError.is(error) || !REJECTIONS.has(error.status)) return;
  const { messages } = draft;
  if (withdrawResults(messages, threads, "") === messages) return;
  draft.isRejected = true;
  // If this fails, the rejection is still the error to report, and the calls count as sent.
  await Promise.allSettled([progress.report()]);
}

function ignoreEvent(): void {
  // A run that is not streamed does not emit events.
}

function tooManyRounds(maximum: number): AgentError {
  const message = `The model still called tools after ${maximum} rounds, so the run stopped. The effects of the tools remain. Raise maxToolRounds if the task needs more rounds.`;
  return new AgentError("TOO_MANY_TOOL_ROUNDS", message);
}
