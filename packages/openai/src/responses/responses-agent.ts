import type {
  AgentCoreOptions,
  Agent,
  RunEvent,
  RunOptions,
  RunResult,
  RunStream,
  Thread,
} from "@threadstore/agent";
import { checkText, readAgentCore, createAgent, copyJson, unexpected } from "@threadstore/agent/provider";
import type { OpenAI } from "openai";
import type { ResponseUsage, Tool as HostedTool } from "openai/resources/responses/responses";
import type { ResponseItem } from "./response-item.ts";
import { readResponsesInput, type ResponsesInput } from "./responses-input.ts";
import { mergeParameters, type ResponsesParameters } from "./responses-parameters.ts";
import { createResponsesProtocol } from "./responses-protocol.ts";
import { responsesThreadKind } from "./responses-thread.ts";
import type { ResponsesStorage } from "./service-state.ts";

/** What a responses agent is made of. */
export interface ResponsesAgentOptions extends AgentCoreOptions<ResponseItem> {
  /** A client of the `openai` package. Its credentials, retries and timeouts are its own. */
  readonly client: OpenAI;
  /** The model, or with Azure the deployment. */
  readonly model: string;
  /**
   * Who keeps the conversation between requests. `response`: the service, and the thread its last response's id.
   * `conversation`: the service, as a conversation of its Conversations API, which also has what a failed run
   * sent. `local`: nobody but the thread, which is sent whole (`store: false`). In each case the thread has a
   * transcript. When the service has forgotten (stored responses expire after 30 days), it is sent that, and
   * the conversation goes on.
   * @default "response"
   */
  readonly storage?: ResponsesStorage | undefined;
  /** Tools that the service runs itself, such as `{ type: "web_search" }`. */
  readonly hostedTools?: readonly HostedTool[] | undefined;
  /** Sent with every request. */
  readonly parameters?: ResponsesParameters | undefined;
}

export interface ResponsesRunOptions extends RunOptions {
  /**
   * Another model for this run.
   * @default the agent's
   */
  readonly model?: string | undefined;
  /** Laid over the agent's parameters for this run; a member that is `undefined` takes the agent's away. */
  readonly parameters?: ResponsesParameters | undefined;
}

/** One conversation with a responses agent; its messages are items in the wire form of the Responses API. */
export interface ResponsesThread extends Thread<ResponseItem> {
  readonly kind: "responses";
}

/** What a run of a responses agent came to. */
export type ResponsesResult = RunResult<ResponsesThread, ResponseItem, ResponseUsage>;

/** What happens during a streamed run of a responses agent. */
export type ResponsesEvent = RunEvent<ResponseItem>;

export type ResponsesRunStream = RunStream<ResponsesResult, ResponsesEvent>;

/** An agent on the Responses API. */
export type ResponsesAgent = Agent<
  ResponsesInput,
  ResponsesThread,
  ResponsesRunOptions,
  ResponsesResult,
  ResponsesEvent
>;

/** Makes a responses agent. Throws `INVALID_ARGUMENT`. */
export function createResponsesAgent(options: ResponsesAgentOptions): ResponsesAgent {
  const { client, model, storage = "response" } = options;
  if (typeof (client as Partial<OpenAI> | undefined)?.responses?.create !== "function") {
    throw unexpected("INVALID_ARGUMENT", "client", "a client of the openai package");
  }
  checkText(model, "model");
  if (!["response", "conversation", "local"].includes(storage)) {
    throw unexpected("INVALID_ARGUMENT", "storage", "response, conversation or local", storage);
  }
  const core = readAgentCore(options);
  const parameters = mergeParameters(options.parameters, undefined);
  const hosted = copyJson(options.hostedTools ?? [], { code: "INVALID_ARGUMENT" }, "hostedTools");
  const hostedTools = hosted as unknown as HostedTool[];
  return createAgent(core, {
    threads: responsesThreadKind,
    readInput: readResponsesInput,
    createProtocol: (run: ResponsesRunOptions | undefined) =>
      createResponsesProtocol({
        client,
        model: run?.model ?? model,
        parameters: mergeParameters(parameters, run?.parameters),
        hostedTools,
        storage,
      }),
  });
}
