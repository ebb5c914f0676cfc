import type { JsonObject, Tool } from "@threadstore/agent";
import type { ModelAnswer, ModelRequest, Protocol } from "@threadstore/agent/provider";
import type { OpenAI } from "openai";
import type {
  FunctionTool,
  ResponseInputItem,
  ResponseUsage,
  Tool as HostedTool,
} from "openai/resources/responses/responses";
import { explainModelError } from "../model-error.ts";
import { readCalls } from "./response-calls.ts";
import { isInput, type ResponseItem } from "./response-item.ts";
import { callResponses, type ResponsesRequest, textOf } from "./responses-model.ts";
import { withoutForcedCall, type ResponsesParameters } from "./responses-parameters.ts";
import {
  asTranscript,
  beginService,
  isForgotten,
  readServiceState,
  type ResponsesStorage,
  type ServiceState,
} from "./service-state.ts";

/** What the requests of a run have in common. */
export interface ResponsesEndpoint {
  readonly client: OpenAI;
  readonly model: string;
  readonly parameters: ResponsesParameters;
  readonly hostedTools: readonly HostedTool[];
  readonly storage: ResponsesStorage;
}

/** How the Responses API is asked. */
export function createResponsesProtocol(endpoint: ResponsesEndpoint): Protocol<ResponseItem, ResponseUsage> {
  return {
    async ask(request) {
      const { signal } = request;
      try {
        return await ask(endpoint, request);
      } catch (error) {
        signal.throwIfAborted();
        throw explainModelError(error);
      }
    },
    toToolResult: ({ callId }, content) => ({
      type: "function_call_output",
      call_id: callId,
      output: content,
    }),
    readText: (items) => textOf(items.slice(items.findLastIndex(isInput) + 1)),
  };
}

type Request = ModelRequest<ResponseItem>;
type Answer = ModelAnswer<ResponseItem, ResponseUsage>;

async function ask(endpoint: ResponsesEndpoint, request: Request): Promise<Answer> {
  const state = readServiceState(request.service, endpoint.storage);
  if (state === undefined) return askAnew(endpoint, request);
  try {
    return await askWith(endpoint, request, state, request.unanswered);
  } catch (error) {
    request.signal.throwIfAborted();
    if (!isForgotten(error)) throw error;
    // Stored responses are kept for 30 days; the thread has all that was said.
    request.emit?.({ type: "restarted" });
    return askAnew(endpoint, request);
  }
}

async function askAnew(endpoint: ResponsesEndpoint, request: Request): Promise<Answer> {
  const { client, storage } = endpoint;
  const state = await beginService(client, storage, request.signal);
  return askWith(endpoint, request, state, asTranscript(request.messages));
}

async function askWith(
  endpoint: ResponsesEndpoint,
  request: Request,
  state: ServiceState | undefined,
  input: readonly ResponseItem[],
): Promise<Answer> {
  const { client, storage } = endpoint;
  const body = toRequestBody(endpoint, request, state, input);
  const { id, items, ...answer } = await callResponses(client, body, request.signal, request.emit);
  const service: JsonObject | undefined = storage === "response" ? { response: id } : state && { ...state };
  return { ...answer, messages: items, calls: readCalls(items), service };
}

function toRequestBody(
  { model, parameters, hostedTools, storage }: ResponsesEndpoint,
  { instructions, tools, isFirst }: Request,
  state: ServiceState | undefined,
  input: readonly ResponseItem[],
): ResponsesRequest {
  const offered = [...[...tools.values()].map(toWireTool), ...hostedTools];
  return {
    ...(isFirst ? parameters : withoutForcedCall(parameters)),
    model,
    // They hold for one response alone, so that each request has to say them.
    ...(instructions.length === 0 ? {} : { instructions: instructions.join("\n\n") }),
    input: input as ResponseInputItem[],
    store: storage !== "local",
    ...(state === undefined ? {} : toReference(state)),
    ...(offered.length === 0 ? {} : { tools: offered }),
  };
}

function toReference(state: ServiceState): Pick<ResponsesRequest, "conversation" | "previous_response_id"> {
  if ("conversation" in state) return { conversation: state.conversation };
  return { previous_response_id: state.response };
}

function toWireTool({ name, description, strict, jsonSchema }: Tool): FunctionTool {
  return {
    type: "function",
    name,
    ...(description === undefined ? {} : { description }),
    parameters: jsonSchema,
    // The service is strict unless told otherwise, and then takes only a part of JSON Schema.
    strict: strict ?? false,
  };
}
