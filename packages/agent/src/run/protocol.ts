import type { JsonObject } from "@threadstore/core/documents";
import type { LeftOut } from "../left-out.ts";
import type { ThreadKind } from "../thread/thread-kind.ts";
import type { ToolCall } from "../thread/tool-call.ts";
import type { Tool } from "../tools/tool.ts";
import type { EmitEvent } from "./run-event.ts";
import type { RunOptions } from "./run-options.ts";

/** A model API, as a provider implements it for `createAgent`. */
export interface Protocol<
  Kind extends string,
  Message extends object,
  Usage extends object,
  Input,
  Options extends RunOptions,
> {
  /** The threads whose messages are in the wire form of this API. */
  readonly threads: ThreadKind<Kind, Message>;
  /** Converts the input of a run to messages, copied and validated. Throws `INVALID_ARGUMENT`. */
  readonly readInput: (input: Input) => Message[];
  /** Returns the model that a run with these options uses. Throws `INVALID_ARGUMENT`. */
  readonly createModel: (options: Options | undefined) => Model<Message, Usage>;
}

/** The model of one run. */
export interface Model<Message extends object, Usage extends object> {
  /** Sends a request to the model. Rejects with the signal's reason if it aborts, otherwise with an `AgentError`. */
  ask(request: ModelRequest<Message>): Promise<ModelResponse<Message, Usage>>;

  /** Returns the result of a call in the wire form. `isError`: the call was denied, failed or could not run. */
  toToolResult(call: ToolCall, content: string, isError: boolean): Message;

  /** Returns a message of the assistant in the wire form, for a turn that ends without the model. */
  toAnswer(text: string): Message;

  /** Returns the text of the last response among the messages; empty if there is none. */
  readText(messages: readonly Message[]): string;
}

export interface ModelRequest<Message extends object> {
  /** Precede the messages: the agent's instructions, then those of context providers. */
  readonly instructions: readonly string[];
  /** The messages of the request, including the history. */
  readonly messages: readonly Message[];
  /**
   * The last of {@link messages}: those that the model has not responded to yet. A service that stores the
   * conversation needs only these.
   */
  readonly unanswered: readonly Message[];
  readonly tools: ReadonlyMap<string, Tool>;
  /** Whether this is the first request of the turn. */
  readonly isFirst: boolean;
  /** The `service` of the last response, in this turn or an earlier one. */
  readonly service: JsonObject | undefined;
  /**
   * Must be called when the service has added a response to the conversation that {@link service} refers to. Receives
   * the `service` of the thread for the case that the run fails, so that the thread does not contain the response.
   */
  readonly onAdded?: ((serviceIfDiscarded: JsonObject) => void) | undefined;
  readonly signal: AbortSignal;
  /** If present, the response is streamed, and its pieces are emitted as they arrive. */
  readonly emit: EmitEvent<Message> | undefined;
}

export interface ModelResponse<Message extends object, Usage extends object> {
  /** The model's messages, as strict JSON that a thread can store. */
  readonly messages: readonly Message[];
  /** The tool calls in the messages, with distinct ids. */
  readonly calls: readonly ToolCall[];
  readonly refusal: string | undefined;
  readonly finishReason: string | undefined;
  readonly usage: Usage | undefined;
  /** Stored in the thread for the next request, such as the id of a stored response. */
  readonly service: JsonObject | undefined;
  /** What was left out of the request because the service had rejected it. */
  readonly leftOut?: readonly LeftOut[];
}
