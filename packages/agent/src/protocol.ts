import type { EmitEvent } from "./run/run-event.ts";
import type { JsonObject } from "./thread/json.ts";
import type { ToolCall } from "./tools/tool-call.ts";
import type { Tool } from "./tools/tool.ts";

/** What the loop of a turn has to know of the model's API. One is made for each run. */
export interface Protocol<Message extends object, Usage extends object> {
  /** Asks the model. Rejects with the signal's reason when aborted, and otherwise with an AgentError. */
  ask(request: ModelRequest<Message>): Promise<ModelAnswer<Message, Usage>>;

  /** The result of a call, as the model is sent it. */
  toToolResult(call: ToolCall, content: string): Message;

  /** The text of the last answer among the messages; empty when there is none. */
  readText(messages: readonly Message[]): string;
}

/** One call of the model. */
export interface ModelRequest<Message extends object> {
  /** What to send before the messages: the agent's instructions, then those of context providers. */
  readonly instructions: readonly string[];
  /** All that the model is to see. */
  readonly messages: readonly Message[];
  /**
   * The last of {@link messages}: those that the model has not answered yet. They alone are sent to a service that
   * keeps the rest.
   */
  readonly unanswered: readonly Message[];
  readonly tools: ReadonlyMap<string, Tool>;
  /** Whether the model has not answered yet in this turn. */
  readonly isFirst: boolean;
  /** What the last answer gave as `service`, in this turn or before. */
  readonly service: JsonObject | undefined;
  readonly signal: AbortSignal;
  /** With it the answer is streamed, and its pieces are emitted as they come. */
  readonly emit: EmitEvent<Message> | undefined;
}

export interface ModelAnswer<Message extends object, Usage extends object> {
  /** What the model said, as strict JSON that the thread can keep. */
  readonly messages: readonly Message[];
  /** The calls in them, each with an id of its own. */
  readonly calls: readonly ToolCall[];
  readonly refusal: string | undefined;
  readonly finishReason: string | undefined;
  readonly usage: Usage | undefined;
  /** What the thread shall keep for the next request, such as the id of a stored response. */
  readonly service: JsonObject | undefined;
}
