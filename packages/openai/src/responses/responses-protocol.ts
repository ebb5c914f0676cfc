import type { Tool } from "@threadstore/agent";
import type { Model, ModelRequest, Protocol, ToolCall } from "@threadstore/agent/provider";
import type { JsonObject } from "@threadstore/core/documents";
import type { OpenAI } from "openai";
import type {
  FunctionTool,
  ResponseInputItem,
  ResponseUsage,
  Tool as HostedTool,
} from "openai/resources/responses/responses";
import { toModelError } from "../model-error.ts";
import { toRetentionError } from "../service-rejection.ts";
import { askService, type Service } from "./ask-service.ts";
import { callKindOf, toAnswer } from "./call-items.ts";
import { createConversations } from "./new-conversation.ts";
import { isInput, type ResponseItem } from "./response-item.ts";
import { readResponsesInput, type ResponsesInput } from "./responses-input.ts";
import { type ResponsesRequest, textOf } from "./responses-model.ts";
import type { ResponsesAgentSettings, ResponsesRunOptions } from "./responses-options.ts";
import {
  mergeResponsesParameters,
  type ResponsesParameters,
  withoutForcedCall,
} from "./responses-parameters.ts";
import { RESPONSES_THREAD_KIND } from "./responses-thread.ts";
import type { ResponsesStorage, ServiceState } from "./service-state.ts";

/** The settings that the requests of a run share. */
interface ResponsesEndpoint {
  readonly client: OpenAI;
  readonly model: string;
  readonly parameters: ResponsesParameters;
  readonly hostedTools: readonly HostedTool[];
  readonly storage: ResponsesStorage;
}

/** Implements the Responses API for `createAgent`. */
export function createResponsesProtocol(
  settings: ResponsesAgentSettings,
): Protocol<"responses", ResponseItem, ResponseUsage, ResponsesInput, ResponsesRunOptions> {
  const { client, hostedTools, storage } = settings;
  return {
    threads: RESPONSES_THREAD_KIND,
    readInput: readResponsesInput,
    createModel: (run) => {
      const parameters = mergeResponsesParameters(settings.parameters, run?.parameters);
      const model = run?.model ?? settings.model;
      return createResponsesModel({ client, model, parameters, hostedTools, storage });
    },
  };
}

function createResponsesModel(endpoint: ResponsesEndpoint): Model<ResponseItem, ResponseUsage> {
  const { client, storage } = endpoint;
  const service: Service = {
    client,
    storage,
    newConversation: createConversations(client, storage),
    known: new Set(),
    toBody: (request, state, input) => toRequestBody(endpoint, request, state, input),
  };
  return {
    async ask(request) {
      const { signal } = request;
      try {
        return await askService(service, request);
      } catch (error) {
        signal.throwIfAborted();
        throw toRetentionError(error) ?? toModelError(error);
      }
    },
    toToolResult,
    toAnswer: (text) => ({ type: "message", role: "assistant", content: text }),
    readText: (items) => textOf(items.slice(items.findLastIndex(isInput) + 1)),
  };
}

/** A call without its item is that of a function. */
function toToolResult({ callId, message }: ToolCall, content: string, isError: boolean): ResponseItem {
  const kind = message === undefined ? undefined : callKindOf(message);
  const answer: JsonObject =
    message === undefined || kind === undefined
      ? { type: "function_call_output", call_id: callId, output: content }
      : toAnswer({ ...message }, kind, content, isError);
  return answer as unknown as ResponseItem;
}

function toRequestBody(
  { model, parameters, hostedTools, storage }: ResponsesEndpoint,
  { instructions, tools, isFirst }: ModelRequest<ResponseItem>,
  state: ServiceState | undefined,
  input: readonly ResponseItem[],
): ResponsesRequest {
  const offered = [...[...tools.values()].flatMap(toWireTool), ...hostedTools];
  return {
    ...(isFirst ? parameters : withoutForcedCall(parameters)),
    model,
    // The service does not store instructions, so each request contains them.
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

function toWireTool({ name, description, strict, jsonSchema, kind, declaration }: Tool): HostedTool[] {
  // Answers calls that another declaration allows.
  if (kind !== undefined && declaration === undefined) return [];
  if (declaration !== undefined) return [declaration as unknown as HostedTool];
  const tool: FunctionTool = {
    type: "function",
    name,
    ...(description === undefined ? {} : { description }),
    parameters: jsonSchema,
    // The service defaults to strict, which supports only a part of JSON Schema.
    strict: strict ?? false,
  };
  return [tool];
}
